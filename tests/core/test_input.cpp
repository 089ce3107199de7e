#include "error_of.h"
#include "input/list_files.h"
#include "input/read_input.h"
#include "input/remove_tree.h"
#include "input/unicode_text.h"
#include "protocol/error.h"

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using icae::ErrorKind;
using icae::errorOf;
using icae::InputKind;
using icae::readInput;

/// Inputs are read once, whole, or not at all.
class TestInput : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::string path(const char* name) const { return m_folder.path().toStdString() + "/" + name; }

    std::string pipe(const char* name) const
    {
        mkfifo(path(name).c_str(), 0600);
        return path(name);
    }

private Q_SLOTS:
    /// What a checkpoint's folder is removed by: all of it, links as links, and no word about what is not there.
    void trees()
    {
        namespace fs = std::filesystem;
        const fs::path tree = path("tree");
        fs::create_directories(tree / "a" / "b");
        std::ofstream(tree / "a" / "b" / "file") << "x";
        std::ofstream(path("kept")) << "x";
        fs::create_symlink(path("kept"), tree / "link");
        fs::create_directory(path("keptfolder"));
        std::ofstream(path("keptfolder/file")) << "x";
        fs::create_directory_symlink(path("keptfolder"), tree / "a" / "folder");
        QVERIFY(!icae::removeTree(tree));
        QVERIFY(!fs::exists(tree));
        QVERIFY(fs::exists(path("kept")));
        QVERIFY(fs::exists(path("keptfolder/file")));
        QVERIFY(!icae::removeTree(tree));
        QVERIFY(!icae::removeTree(path("kept")));
        QVERIFY(!fs::exists(path("kept")));
        QVERIFY(icae::removeTree(fs::path(path("keptfolder/file")) / "below"));
    }

    void foldersAreListed()
    {
        QDir(m_folder.path()).mkpath(QStringLiteral("shelf/inner"));
        std::ofstream(path("shelf/b.txt")) << "12345";
        std::ofstream(path("shelf/a.txt")) << "";
        std::ofstream(path("shelf/.hidden")) << "";
        mkfifo(path("shelf/pipe").c_str(), 0600);
        const auto list = icae::listFiles({path("shelf/inner/../")});
        QCOMPARE(list.folder, path("shelf"));
        QCOMPARE(list.parent, m_folder.path().toStdString());
        QCOMPARE(list.entries.size(), std::size_t{3});
        QCOMPARE(list.entries[0].name, std::string("inner"));
        QVERIFY(list.entries[0].isFolder);
        QCOMPARE(list.entries[1].name, std::string("a.txt"));
        QCOMPARE(list.entries[2].bytes, 5);
        QCOMPARE(icae::listFiles({"/"}).parent, std::string());
        QCOMPARE(errorOf([&] { icae::listFiles({path("nowhere")}); }).kind(), ErrorKind::NotFound);
        QVERIFY(icae::listFiles({}).folder.starts_with('/')); // home
    }

    void files()
    {
        const std::string content(200'000, 'x');
        std::ofstream(path("a")) << content;
        QCOMPARE(readInput(path("a")), content);
        std::ofstream(path("empty"));
        QCOMPARE(readInput(path("empty")), std::string());
        QCOMPARE(errorOf([&] { readInput(path("none")); }).kind(), ErrorKind::NotFound);
        QCOMPARE(errorOf([&] { readInput(path("a/b")); }).kind(), ErrorKind::NotFound);
    }

    /// Whoever writes it writes it in parts, and begins after it was opened.
    void pipes()
    {
        const auto name = pipe("pipe");
        const std::string content(150'000, 'y');
        std::jthread writer([&] { std::ofstream(name) << content; });
        QCOMPARE(readInput(name, {InputKind::Named, icae::longestInput, {}}), content);
    }

    void onlyFilesWhereNobodyNamedAPipe()
    {
        const auto error = errorOf([&] { readInput(pipe("waits")); });
        QVERIFY2(error.message().find("is a named pipe") != std::string::npos, error.message().c_str());
        QVERIFY(errorOf([] { readInput("/dev/zero"); }).message().find("is a device") != std::string::npos);
        QVERIFY(errorOf([&] { readInput(m_folder.path().toStdString()); }).message().find("folder")
                != std::string::npos);
        QCOMPARE(errorOf([] { readInput("-"); }).kind(), ErrorKind::NotFound); // a file of this name
    }

    void waitingEndsWhenStopped()
    {
        std::stop_source stop;
        stop.request_stop();
        const auto error = errorOf([&] {
            readInput(pipe("never"), {InputKind::Named, icae::longestInput, stop.get_token()});
        });
        QCOMPARE(error.kind(), ErrorKind::Cancelled);
    }

    void endlessInputsHaveABound()
    {
        std::ofstream(path("long")) << std::string(2000, 'z');
        const auto refused = [](const std::string& name) {
            return errorOf([&] { readInput(name, {InputKind::Named, 1000, {}}); }).kind();
        };
        QCOMPARE(refused(path("long")), ErrorKind::InvalidInput);
        const auto endless = pipe("yes");
        std::jthread writer([&] {
            std::signal(SIGPIPE, SIG_IGN);
            std::ofstream(endless) << std::string(1'000'000, 'z');
        });
        QCOMPARE(refused(endless), ErrorKind::InvalidInput);
    }

    /// The end of a file and a fault of the disk are two things. This file has no byte that can be read.
    void faultsAreNoEnds()
    {
        QCOMPARE(errorOf([] { readInput("/proc/self/mem"); }).kind(), ErrorKind::Io);
    }

    void placesAreNamedInWords()
    {
        QVERIFY(errorOf([&] { readInput(path(std::string(5000, 'n').c_str())); }).message().find("too long")
                != std::string::npos);
        QCOMPARE(symlink("loop", path("loop").c_str()), 0);
        QVERIFY(errorOf([&] { readInput(path("loop")); }).message().find("circle") != std::string::npos);
        const std::string name("a\0b", 3);
        QCOMPARE(errorOf([&] { readInput(name); }).kind(), ErrorKind::InvalidInput);
    }

    void encodings_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("UTF-8") << QByteArray("\xEF\xBB\xBFgr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80");
        QTest::newRow("UTF-16LE") << QByteArray("\xFF\xFEg\0r\0\xFC\0\xDF\0 \0\x3D\xD8\x00\xDE", 16);
        QTest::newRow("UTF-16BE") << QByteArray("\xFE\xFF\0g\0r\0\xFC\0\xDF\0 \xD8\x3D\xDE\x00", 16);
        QTest::newRow("UTF-32LE") << QByteArray("\xFF\xFE\0\0g\0\0\0r\0\0\0\xFC\0\0\0\xDF\0\0\0 \0\0\0\x00\xF6\x01\0",
                                                28);
        QTest::newRow("UTF-32BE") << QByteArray("\0\0\xFE\xFF\0\0\0g\0\0\0r\0\0\0\xFC\0\0\0\xDF\0\0\0 \0\x01\xF6\x00",
                                                28);
    }

    void encodings()
    {
        QFETCH(QByteArray, bytes);
        QCOMPARE(icae::asUtf8(bytes.toStdString(), "a"), std::string("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"));
    }

    void brokenEncodings()
    {
        for (const auto& bytes : {std::string("\xFF\xFE"
                                              "a",
                                              3),
                                  std::string("\xFF\xFE\x3D\xD8", 4),
                                  std::string("\xFF\xFE\x3D\xD8"
                                              "a\0",
                                              6),
                                  std::string("\xFF\xFE\0\0\0\0\x11\0", 8)}) {
            const auto error = errorOf([&] { icae::asUtf8(bytes, "a.txt"); });
            QVERIFY2(error.message().find("a.txt is not valid UTF-") == 0, error.message().c_str());
            QVERIFY(error.remedy().find("iconv") != std::string::npos);
        }
        QCOMPARE(icae::unmarkedEncoding(std::string("a\0b\0c\0", 6)), std::string("UTF-16LE"));
        QCOMPARE(icae::unmarkedEncoding(std::string("\0a\0b\0c", 6)), std::string("UTF-16BE"));
        QCOMPARE(icae::unmarkedEncoding("plain"), std::string());
    }

    void whatNeverEndsIsNotRead()
    {
        const auto link = path("endless");
        QCOMPARE(symlink("/dev/zero", link.c_str()), 0);
        const auto error = errorOf([&] { readInput(link, {InputKind::Named, icae::longestInput, {}}); });
        QVERIFY2(error.message().find("is a device") != std::string::npos, error.message().c_str());
        QCOMPARE(readInput("/dev/null", {InputKind::Named, icae::longestInput, {}}), std::string());
    }
};

QTEST_GUILESS_MAIN(TestInput)
#include "test_input.moc"

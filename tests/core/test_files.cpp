#include "input/user_folder.h"
#include "protocol/error.h"
#include "protocol/json.h"
#include "tensor/atomic_file.h"
#include "tensor/mapped_file.h"
#include "tensor/sha256.h"

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <fstream>
#include <stop_token>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace fs = std::filesystem;

namespace {

std::string messageOf(const std::function<void()>& action)
{
    try {
        action();
    } catch (const icae::Error& error) {
        return error.message() + " " + error.remedy();
    }
    return {};
}

std::size_t filesIn(const fs::path& folder)
{
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

} // namespace

/// Files that appear whole or not at all, hashes, and JSON that somebody else wrote.
class TestFiles : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path m_path = m_folder.path().toStdString();

private Q_SLOTS:
    /// Who may read a file stays as it was when it is written anew.
    void keepsWhoMayRead()
    {
        const auto target = m_path / "private.txt";
        icae::writeFile(target, "first");
        fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
        icae::writeFile(target, "second");
        QCOMPARE(fs::status(target).permissions(), fs::perms::owner_read | fs::perms::owner_write);
        fs::remove(target);
        QVERIFY(messageOf([&] { icae::writeFile(std::string("a\0b", 3), "x"); }).find("zero") != std::string::npos);
    }

    void writesWholeOrNotAtAll()
    {
        const auto target = m_path / "a.txt";
        icae::writeFile(target, "first");
        {
            icae::AtomicFile file(target);
            file.write(std::as_bytes(std::span("half", 4)));
        } // no commit
        std::string content;
        std::getline(std::ifstream(target), content);
        QCOMPARE(content, std::string("first"));
        icae::writeFile(target, "second");
        std::getline(std::ifstream(target), content);
        QCOMPARE(content, std::string("second"));
        QCOMPARE(filesIn(m_path), 1U);
    }

    void namesTheFault()
    {
        QVERIFY(messageOf([&] { icae::writeFile("/dev/full", "x"); }).find("full") != std::string::npos);
        QVERIFY(messageOf([&] { icae::writeFile(m_path / "none" / "a", "x"); }).find("no folder") != std::string::npos);
        std::ofstream(m_path / "file") << "x";
        QVERIFY(messageOf([&] { icae::writeFile(m_path / "file" / "a", "x"); }).find("no folder") != std::string::npos);
        QVERIFY(messageOf([&] { icae::writeFile(m_path, "x"); }).find("is a folder") != std::string::npos);
        icae::writeFile("/dev/null", "x"); // devices are written to, not replaced
        QVERIFY(fs::is_character_file("/dev/null"));
    }

    /// The umask belongs to all threads: a file follows it, and never changes it, not for a moment either.
    void severalThreadsWriteAtOnce()
    {
        const auto folder = m_path / "threads";
        fs::create_directory(folder);
        const auto before = umask(027);
        int changed = 0;
        {
            std::vector<std::jthread> threads;
            threads.reserve(2);
            for (int i = 0; i < 2; ++i)
                threads.emplace_back([&](const std::stop_token& stop) {
                    while (!stop.stop_requested())
                        const icae::AtomicFile file(folder / "a");
                });
            for (int i = 0; i < 10'000; ++i) {
                std::ifstream status("/proc/self/status");
                std::string line;
                while (std::getline(status, line) && !line.starts_with("Umask:"))
                    ;
                changed += line == "Umask:\t0027" ? 0 : 1;
            }
        }
        icae::writeFile(folder / "a", "text");
        QCOMPARE(umask(before), mode_t{027});
        QCOMPARE(changed, 0);
        QCOMPARE(static_cast<unsigned>(fs::status(folder / "a").permissions()), 0640U);
        QCOMPARE(filesIn(folder), 1U);
        fs::remove_all(folder);
    }

    void fullDiskLeavesNothing()
    {
        const auto before = filesIn(m_path);
        std::signal(SIGXFSZ, SIG_IGN); // the limit then fails like a full disk
        rlimit old{};
        getrlimit(RLIMIT_FSIZE, &old);
        const rlimit small{1000, old.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        const auto message = messageOf([&] { icae::writeFile(m_path / "big", std::string(5000, 'x')); });
        setrlimit(RLIMIT_FSIZE, &old);
        QVERIFY2(message.find("is full (5000 bytes are needed)") != std::string::npos, message.c_str());
        QCOMPARE(filesIn(m_path), before);
    }

    void hashes()
    {
        QCOMPARE(icae::sha256("abc"), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        QCOMPARE(icae::sha256(""), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        std::ofstream(m_path / "abc") << "abc";
        QCOMPARE(icae::sha256OfFile(m_path / "abc"), icae::sha256("abc"));
        QCOMPARE(icae::sha256OfFiles({m_path / "abc"}), icae::sha256("abc"));
        QVERIFY(icae::sha256OfFiles({m_path / "abc", m_path / "abc"}) != icae::sha256("abc"));
        QVERIFY_EXCEPTION_THROWN(icae::sha256OfFile(m_path / "missing"), icae::Error);
    }

    /// Large files are hashed once a version: a change is noticed, a broken cache does no harm.
    void remembersLargeFiles()
    {
        qputenv("XDG_CACHE_HOME", m_folder.filePath(QStringLiteral("cache")).toUtf8());
        const auto large = m_path / "large";
        icae::writeFile(large, std::string(65U << 20U, 'a'));
        const auto first = icae::sha256OfFile(large);
        const auto cache = m_path / "cache" / "icae" / "hashes.json";
        QVERIFY(fs::exists(cache));
        QCOMPARE(icae::sha256OfFile(large), first);
        icae::writeFile(large, std::string(65U << 20U, 'b'));
        QVERIFY(icae::sha256OfFile(large) != first);
        const auto time = fs::last_write_time(large);
        const auto second = icae::sha256OfFile(large);
        std::fstream(large).seekp(7) << 'c';
        fs::last_write_time(large, time); // size and time as before
        QVERIFY(icae::sha256OfFile(large) != second);
        std::ofstream(cache) << "broken";
        QVERIFY(icae::sha256OfFile(large) != first);
        qunsetenv("XDG_CACHE_HOME");
    }

    void jsonFaults_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("named");
        QTest::newRow("missing") << QByteArray("{}") << QByteArray("\"n\"");
        QTest::newRow("null") << QByteArray(R"({"n":null})") << QByteArray("\"n\"");
        QTest::newRow("text") << QByteArray(R"({"n":"5"})") << QByteArray("1 to 9");
        QTest::newRow("small") << QByteArray(R"({"n":0})") << QByteArray("1 to 9");
        QTest::newRow("large") << QByteArray(R"({"n":18446744073709551615})") << QByteArray("1 to 9");
        QTest::newRow("fraction") << QByteArray(R"({"n":2.5})") << QByteArray("1 to 9");
        QTest::newRow("torn") << QByteArray(R"({"n":2)") << QByteArray("not valid JSON");
        QTest::newRow("list") << QByteArray("[1]") << QByteArray("JSON object");
    }

    void jsonFaults()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, named);
        const auto message =
            messageOf([&] { icae::JsonReader::parse(text.toStdString(), "some.json").integer("n", 1, 9); });
        QVERIFY2(message.find("some.json") != std::string::npos
                     && message.find(named.toStdString()) != std::string::npos,
                 message.c_str());
    }

    void jsonNamesNestedFields()
    {
        const auto json = icae::JsonReader::parse(R"({"a":{"b":[{"c":"x"}]},"t":"text"})", "some.json");
        QCOMPARE(json.text("t"), std::string("text"));
        QCOMPARE(json.text("u", "fallback"), std::string("fallback"));
        const auto message = messageOf([&] { json.object("a").objects("b").front().number("c", 0, 1); });
        QVERIFY2(message.find("a.b[0].c") != std::string::npos, message.c_str());
        QVERIFY(!messageOf([] { icae::JsonReader::parse(std::string(1U << 20U, '['), "deep"); }).empty());
    }

    /// Another program cuts a mapped file off: zeros are read, and it is said.
    void cutFilesAreNamed()
    {
        const auto path = m_path / "mapped";
        icae::writeFile(path, std::string(100'000, 'x'));
        const icae::MappedFile file(path);
        file.requireUnchanged();
        fs::resize_file(path, 10);
        QCOMPARE(file.bytes()[5], std::byte{'x'});
        QCOMPARE(file.bytes()[90'000], std::byte{0});
        QVERIFY(messageOf([&] { file.requireUnchanged(); }).find("changed while it was read") != std::string::npos);
    }

    void onlyFilesAreTargets()
    {
        icae::requireFileTarget(m_path / "new");
        QVERIFY(messageOf([] { icae::requireFileTarget("/dev/null"); }).find("not a regular file")
                != std::string::npos);
        QVERIFY(messageOf([&] { icae::requireFileTarget(m_path); }).find("is a folder") != std::string::npos);
    }

    void hashingStops()
    {
        icae::writeFile(m_path / "hashed", std::string(100'000, 'x'));
        std::stop_source stop;
        stop.request_stop();
        QVERIFY(messageOf([&] { icae::freshSha256OfFile(m_path / "hashed", stop.get_token()); }).find("stopped")
                != std::string::npos);
        QCOMPARE(icae::freshSha256OfFile(m_path / "hashed"), icae::sha256OfFile(m_path / "hashed"));
    }

    /// What the parser takes for a comment is none to the guard, and the other way round.
    void commentsHideNoBrackets()
    {
        const std::string deep(200'000, '[');
        const auto refused = [&](const std::string& text) {
            return messageOf([&] { icae::JsonReader::parse(text, "the job", true); });
        };
        for (const std::string begin : {"// a \" quote\n", "// ends here\r", "/* \" */", "/* // */"})
            QVERIFY(refused(begin + deep).find("nested more than") != std::string::npos);
        std::string comments;
        for (int i = 0; i < 70; ++i)
            comments += "// [\n/* [ */";
        QCOMPARE(icae::JsonReader::parse(comments + "{\"a\": 1}", "the job", true).integer("a", 0, 9), 1);
    }

    void cachesAreNobodyElses()
    {
        qputenv("TMPDIR", QByteArray::fromStdString(m_path.string()));
        const auto own = icae::ownTemporaryFolder();
        QVERIFY(fs::is_directory(own));
        fs::permissions(own, fs::perms::others_write, fs::perm_options::add); // anybody could have filled it
        QVERIFY(icae::ownTemporaryFolder().empty());
        qunsetenv("TMPDIR");
    }
};

QTEST_GUILESS_MAIN(TestFiles)
#include "test_files.moc"

#include "program.h"

#include <QFileInfo>
#include <QtTest>

#include <csignal>
#include <fstream>

using namespace Qt::StringLiterals;
namespace fs = std::filesystem;

/// Bad input and bad luck: a sentence, a remedy, exit code 3, and nothing half-written.
class TestProgramFaults : public QObject {
    Q_OBJECT

    ModelFixture m_model;

    void patchConfig(const std::string& folder, const std::string& file, const nlohmann::json& patch) const
    {
        auto json = nlohmann::json::parse(std::ifstream(m_model.path(folder + "/" + file)));
        json.merge_patch(patch);
        m_model.write(folder + "/" + file, QByteArray::fromStdString(json.dump()));
    }

    /// A copy of the base under another name, to be spoilt.
    std::string spoiltBase(const std::string& name) const
    {
        fs::create_directories(m_model.path(name));
        for (const char* file : {"config.json", "model.safetensors", "tokenizer.model"})
            m_model.copy(m_model.path("base") / file, name + "/" + file);
        return name;
    }

    RunResult shell(const QString& script) const { return m_model.run({u"-c"_s, script}, {}, u"/bin/sh"_s); }

private Q_SLOTS:
    void initTestCase()
    {
        m_model.write("texts.jsonl",
                      QByteArray::fromStdString(nlohmann::json{{"text", ModelFixture::text(9).toStdString()}}.dump()));
        m_model.write("empty.txt", "");
        m_model.write("binary.txt", QByteArray("ab\0cd", 5));
        m_model.write("latin1.txt", "caf\xe9 au lait");
        m_model.write("long.txt", ModelFixture::text(200));
        patchConfig(spoiltBase("gpt"), "config.json", {{"architectures", {"GPT2LMHeadModel"}}});
        patchConfig(spoiltBase("scaled"), "config.json", {{"rope_parameters", {{"rope_type", "yarn"}}}});
        patchConfig(spoiltBase("deeper"), "config.json", {{"num_hidden_layers", 4}});
        patchConfig(spoiltBase("wider"), "config.json", {{"intermediate_size", 161}});
        patchConfig(spoiltBase("windowed"), "config.json", {{"sliding_window", 20}});
        spoiltBase("torn");
        fs::resize_file(m_model.path("torn/model.safetensors"), 5000);
        spoiltBase("untokenised");
        fs::remove(m_model.path("untokenised/tokenizer.model"));
        fs::create_directories(m_model.path("other_base"));
        for (const char* file : {"config.json", "model.safetensors"})
            m_model.copy(fs::path(ICAE_TEST_GOLDEN) / "llama_gqa" / file, std::string("other_base/") + file);
        fs::create_directories(m_model.path("hashed"));
        for (const char* file : {"icae.safetensors", "icae_config.json"})
            m_model.copy(m_model.path("reconstruct") / file, std::string("hashed/") + file);
        patchConfig("hashed", "icae_config.json", {{"base", {{"weights_sha256", std::string(64, 'f')}}}});
        fs::create_directories(m_model.path("retrained"));
        for (const char* file : {"icae.safetensors", "icae_config.json"})
            m_model.copy(m_model.path("reconstruct") / file, std::string("retrained/") + file);
        {
            // The same adapter with one bit of one number changed.
            std::fstream weights(m_model.path("retrained/icae.safetensors"),
                                 std::ios::in | std::ios::out | std::ios::binary);
            weights.seekp(-1, std::ios::end);
            weights.put('\x3d');
        }
        QCOMPARE(
            m_model
                .run(m_model.with(u"compress"_s, {u"text.txt"_s, u"-o"_s, u"good.memory"_s, u"-a"_s, u"reconstruct"_s}))
                .code,
            0);
        m_model.copy(m_model.path("good.memory"), "torn.memory");
        fs::resize_file(m_model.path("torn.memory"), 3000);
    }

    void faults_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("named"); // in the message
        const auto row = [](const char* name, const QString& arguments, const char* named) {
            QTest::newRow(name) << arguments.split(u' ') << QByteArray(named);
        };
        const auto model = u" -m . -a reconstruct"_s;
        row("missing text", u"reconstruct nowhere.txt"_s + model, "nowhere.txt");
        row("empty text", u"reconstruct empty.txt"_s + model, "empty.txt is empty");
        row("binary text", u"reconstruct binary.txt"_s + model, "byte 2 is zero");
        row("not utf-8", u"reconstruct latin1.txt"_s + model, "byte 3");
        row("folder for a text", u"reconstruct base"_s + model, "is a folder");
        row("beyond the positions", u"continue long.txt"_s + model, "2048 positions");
        row("wrong base", u"compress text.txt -o x.memory -m other_base -a reconstruct"_s, "does not fit this base");
        row("other base by hash", u"compress text.txt -o x.memory -m base -a hashed"_s, "was trained on another base");
        row("architecture", u"compress text.txt -o x.memory -m gpt -a reconstruct"_s, "GPT2LMHeadModel");
        row("rope scaling", u"compress text.txt -o x.memory -m scaled -a reconstruct"_s, "yarn");
        row("missing tensor", u"compress text.txt -o x.memory -m deeper -a reconstruct"_s, "missing 9: model.layers.3");
        row("misshaped tensor", u"compress text.txt -o x.memory -m wider -a reconstruct"_s,
            "is [160, 64] and not [161, 64]");
        row("torn weights", u"compress text.txt -o x.memory -m torn -a reconstruct"_s,
            "model.safetensors is not a usable");
        row("no tokenizer", u"compress text.txt -o x.memory -m untokenised -a reconstruct"_s, "tokenizer.model");
        row("sliding window", u"compress text.txt -o x.memory -m windowed -a reconstruct"_s, "reaches back 20");
        row("no model", u"compress text.txt -o x.memory -m nowhere"_s, "no model at nowhere");
        row("no adapter", u"compress text.txt -o x.memory -m . -a nowhere"_s, "no adapter nowhere");
        row("adapter needed", u"compress text.txt -o x.memory -m gpt/../base -a base"_s, "no adapter");
        row("unwritable", u"compress text.txt -o text.txt/x.memory"_s + model, "no folder");
        row("full disk", u"compress text.txt -o /dev/full"_s + model, "is full");
        row("full disk for a table", u"evaluate --texts texts.jsonl --lengths 16 --slots 4 --csv /dev/full"_s + model,
            "is full");
        row("memory of another adapter", u"reconstruct good.memory -m . -a retrained"_s, "another adapter");
        row("slots of a memory", u"reconstruct good.memory --slots 4"_s + model, "is a memory");
        row("diff without a text", u"reconstruct good.memory --diff"_s + model, "no text to compare");
        row("too many slots", u"compress text.txt -o x.memory --slots 17"_s + model, "1 to 16");
        row("no slots", u"compress text.txt -o x.memory --slots 0"_s + model, "1 to 16");
        row("no cuda", u"compress text.txt -o x.memory --device cuda"_s + model, "CUDA was asked for");
        row("no such device", u"compress text.txt -o x.memory --device tpu"_s + model, "\"tpu\" is not a device");
        row("half precision on the cpu", u"compress text.txt -o x.memory --dtype bf16"_s + model, "fp32 only");
        row("temperature", u"continue text.txt --temperature -1"_s + model, "temperature");
        row("texts without text", u"evaluate --texts base/config.json"_s + model, "line 1");
        row("window beyond a span", u"evaluate --texts texts.jsonl --lengths 65 --slots 4"_s + model, "1 to 64");
        row("facts about a text", u"info text.txt"_s, "text.txt"); // also without a folder before its name
        row("facts about a torn memory", u"info torn.memory"_s, "torn.memory");
        row("nothing recorded", u"verify base"_s, "no golden values");
    }

    void faults()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, named);
        m_model.write("texts.jsonl",
                      QByteArray::fromStdString(nlohmann::json{{"text", ModelFixture::text(9).toStdString()}}.dump()));
        const auto before = m_model.files();
        const auto result = m_model.run(arguments);
        QVERIFY2(result.code == 3, result.err);
        QVERIFY2(result.err.contains(named), result.err);
        // The device, the sentence, the remedy.
        const auto lines = result.err.trimmed().split('\n');
        const auto sentence =
            std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line.startsWith("icae: "); });
        QVERIFY2(sentence != lines.end() && sentence + 1 != lines.end(), result.err);
        QCOMPARE(result.err.count(sentence->mid(6)), 1); // not said twice
        QVERIFY2(result.out.isEmpty(), result.out);
        QCOMPARE(m_model.files(), before);
    }

    /// An address space too small for the work: an error like any other, not a crash.
    void outOfMemory()
    {
#if defined(__SANITIZE_ADDRESS__)
        QSKIP("the sanitizer needs more address space than any limit allows");
#endif
        m_model.write("long.txt", ModelFixture::text(30000));
        const auto before = m_model.files();
        bool seen = false;
        for (int megabytes = 700; megabytes <= 3000 && !seen; megabytes += 100) {
            const auto result = m_model.run(
                {u"-c"_s,
                 u"ulimit -v %1; exec %2 compress long.txt -o x.memory -m . -a reconstruct"_s.arg(megabytes * 1024)
                     .arg(QStringLiteral(ICAE_PROGRAM))},
                {}, u"/bin/sh"_s);
            QVERIFY2(result.code != -1 || !seen, result.err);
            seen = result.code == 3 && result.err.contains("emory") && result.err.contains("ran out");
            if (result.code == 0)
                break;
            fs::remove(m_model.path("x.memory"));
        }
        QVERIFY2(seen, "no limit made it run out of memory with a message");
        QCOMPARE(m_model.files(), before);
    }

    void lostOutputIsAnError_data()
    {
        QTest::addColumn<QString>("command");
        QTest::newRow("a full disk") << u"%1 --help >/dev/full"_s;
        QTest::newRow("a full disk for a text") << u"%1 continue text.txt -m . -a reconstruct -n 4 >/dev/full"_s;
        QTest::newRow("a full disk for JSON") << u"%1 info reconstruct --json >/dev/full"_s;
        QTest::newRow("a closed output") << u"%1 train --template adapter >&-"_s;
        QTest::newRow("no reader") << u"trap '' PIPE; { %1 runs base; echo $? >code; } | true; exit $(cat code)"_s;
    }

    void lostOutputIsAnError()
    {
        QFETCH(QString, command);
        const auto result = shell(command.arg(QStringLiteral(ICAE_PROGRAM)));
        QVERIFY2(result.code == 3, result.err + QByteArray::number(result.code));
        QVERIFY2(result.err.contains("Standard output does not take the result"), result.err);
    }

    void closedDescriptorsAreNobodyElses()
    {
        const auto empty =
            shell(u"timeout 60 %1 reconstruct - -m . -a reconstruct <&-"_s.arg(QStringLiteral(ICAE_PROGRAM)));
        QCOMPARE(empty.code, 3);
        const auto compressed = shell(
            u"%1 compress text.txt -m . -a reconstruct -o closed.memory 2>&- >out"_s.arg(QStringLiteral(ICAE_PROGRAM)));
        QCOMPARE(compressed.code, 0);
        QCOMPARE(m_model.run({u"info"_s, u"closed.memory"_s}).code, 0);
    }

    void namesNeedNotBeUtf8()
    {
        const auto result =
            shell(u"cp text.txt \"$(printf 'caf\\351.txt')\" && %1 compress \"$(printf 'caf\\351.txt')\" "
                  "-m . -a reconstruct -o \"$(printf 'o\\351.memory')\" --json && "
                  "%1 info \"$(printf 'o\\351.memory')\" --json"_s.arg(QStringLiteral(ICAE_PROGRAM)));
        QVERIFY2(result.code == 0, result.err);
        QVERIFY(QString::fromUtf8(result.out).contains(u"o\ufffd.memory"_s)); // and all of it is UTF-8
        QCOMPARE(QString::fromUtf8(result.out).toUtf8(), result.out);
    }

    void outputsDestroyNoInput()
    {
        m_model.write("own.txt", ModelFixture::text(3));
        const auto result = m_model.run(
            m_model.with(u"compress"_s, {u"own.txt"_s, u"-o"_s, u"./own.txt"_s, u"-a"_s, u"reconstruct"_s}));
        QCOMPARE(result.code, 3);
        QVERIFY2(result.err.contains("is read and cannot be written over"), result.err);
        QCOMPARE(QFileInfo(m_model.file("own.txt")).size(), ModelFixture::text(3).size());
    }

    void pathsThatCannotBeAreNamed()
    {
        const QString longName(300, u'x');
        QVERIFY(m_model.run({u"info"_s, longName}).err.contains("File name too long"));
        shell(u"ln -s loop1 loop2; ln -s loop2 loop1"_s);
        for (const auto& arguments :
             {QStringList{u"info"_s, u"loop1"_s}, m_model.with(u"compress"_s, {u"loop1"_s, u"-o"_s, u"x"_s})}) {
            const auto result = m_model.run(arguments);
            QCOMPARE(result.code, 3);
            QVERIFY2(!result.err.contains("unexpected"), result.err);
        }
    }

    /// One number that is none, in base, adapter or memory.
    void numbersMustBeNumbers()
    {
        const auto spoil = [&](const std::string& file, const char* bytes) {
            std::fstream weights(m_model.path(file), std::ios::in | std::ios::out | std::ios::binary);
            weights.seekp(-2, std::ios::end);
            weights.write(bytes, 2);
        };
        spoiltBase("nan_base");
        spoil("nan_base/model.safetensors", "\xC0\x7F");
        fs::create_directories(m_model.path("nan_adapter"));
        for (const char* file : {"icae.safetensors", "icae_config.json"})
            m_model.copy(m_model.path("reconstruct") / file, std::string("nan_adapter/") + file);
        spoil("nan_adapter/icae.safetensors", "\x80\x7F");
        m_model.copy(m_model.path("good.memory"), "nan.memory");
        spoil("nan.memory", "\xC0\x7F");
        const auto refuses = [&](const QStringList& arguments, const char* why) {
            const auto result = m_model.run(arguments);
            QCOMPARE(result.code, 3);
            QVERIFY2(result.err.contains(why) && result.err.contains("The tensor \""), result.err);
        };
        const QStringList compress{u"compress"_s, u"text.txt"_s, u"-o"_s, u"x.memory"_s, u"-m"_s};
        refuses(compress + QStringList{u"nan_base"_s, u"-a"_s, u"reconstruct"_s}, "NaN");
        refuses(compress + QStringList{u"."_s, u"-a"_s, u"nan_adapter"_s}, "infinity");
        refuses(m_model.with(u"continue"_s, {u"nan.memory"_s, u"-a"_s, u"reconstruct"_s, u"--temperature"_s, u"1"_s}),
                "NaN");
        QVERIFY(!fs::exists(m_model.path("x.memory")));
    }

    void cellsWithoutWindowsAreNoResults()
    {
        m_model.write("few.jsonl", "{\"text\": \"Few words.\"}\n");
        m_model.write("none.jsonl", "\n");
        const auto evaluate = [&](const QString& texts) {
            return m_model.run(m_model.with(
                u"evaluate"_s,
                {u"--texts"_s, texts, u"--lengths"_s, u"4,64"_s, u"--slots"_s, u"4"_s, u"-a"_s, u"reconstruct"_s}));
        };
        const auto few = evaluate(u"few.jsonl"_s);
        QCOMPARE(few.code, 3);
        QVERIFY2(few.err.contains("64:4") && !few.out.contains("nan"), few.err + few.out);
        QVERIFY2(evaluate(u"none.jsonl"_s).err.contains("none.jsonl"), few.err);
    }

    /// Ctrl-C once, while a pipe has nothing to read.
    void waitingForInputStopsAtOnce()
    {
        QProcess process;
        process.setWorkingDirectory(m_model.file(""));
        process.start(QStringLiteral(ICAE_PROGRAM),
                      {u"compress"_s, u"-"_s, u"-m"_s, u"."_s, u"-a"_s, u"reconstruct"_s, u"-o"_s, u"x.memory"_s});
        QVERIFY(process.waitForStarted());
        process.setReadChannel(QProcess::StandardError);
        for (QByteArray said; !said.contains("Device:"); said += process.readAllStandardError())
            QVERIFY(process.bytesAvailable() > 0 || process.waitForReadyRead(30000 * slowness));
        kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(10000 * slowness));
        QCOMPARE(process.exitCode(), 130);
    }

    /// What a text holds must not steer a terminal; bytes in a pipe are exact.
    void terminalsAreNotSteered()
    {
        if (!fs::exists("/usr/bin/script"))
            QSKIP("there is no script(1) to make a terminal");
        const QByteArray name = "x\x1b]0;title\x07.txt";
        const auto piped = m_model.run({u"info"_s, QString::fromUtf8(name)});
        QVERIFY(piped.err.contains("\x1b]0;"));
        const auto shown = shell(u"n=$(printf 'x\\033]0;title\\007.txt'); export n; "
                                 "script -qec '%1 info \"$n\"' /dev/null"_s.arg(QStringLiteral(ICAE_PROGRAM)));
        QVERIFY2(!shown.out.contains("\x1b]") && shown.out.contains("\xe2\x90\x9b]0;title\xe2\x90\x87"), shown.out);
    }
};

QTEST_GUILESS_MAIN(TestProgramFaults)
#include "test_program_faults.moc"

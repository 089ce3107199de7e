#include "engine.h"

#include <QtTest>

#include <csignal>

using namespace icae;
using namespace Qt::StringLiterals;

/// What a client may do wrong, and what may go wrong with it: an error reply or a clean exit.
class TestServeFaults : public QObject {
    Q_OBJECT

    ModelFixture m_model;
    std::string m_long = ModelFixture::text(3000).toStdString();

    void load(Engine& engine) const
    {
        engine.call(protocol::modelsLoad, {m_model.path("").string(), {}, "cpu", "auto", "reconstruct"});
    }
    /// A request that takes long.
    std::int64_t sendLong(Engine& engine) const
    {
        ReconstructParams params;
        params.source.text = m_long;
        return engine.send(protocol::reconstruct, params);
    }
    static bool works(Engine& engine) { return engine.call(protocol::status, {}).residentBytes > 0; }

private Q_SLOTS:
    void hostileFrames_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("no header") << QByteArray("GET / HTTP/1.1\r\n\r\n");
        QTest::newRow("bad length") << QByteArray("Content-Length: -1\r\n\r\n");
        QTest::newRow("endless header") << QByteArray(1 << 20, 'x');
        QTest::newRow("zeros") << QByteArray(70000, '\0');
        QTest::newRow("no JSON") << QByteArray::fromStdString(framed("hello"));
        QTest::newRow("empty") << QByteArray::fromStdString(framed(""));
        QTest::newRow("invalid UTF-8") << QByteArray::fromStdString(framed("{\"jsonrpc\":\"\xff\"}"));
        QTest::newRow("deep") << QByteArray::fromStdString(framed(std::string(1U << 20U, '[')));
        QTest::newRow("deep object") << QByteArray::fromStdString(framed([] {
            std::string text;
            for (int i = 0; i < 100000; ++i)
                text += "{\"a\":";
            return text;
        }()));
        QTest::newRow("batch") << QByteArray::fromStdString(framed("[]"));
        QTest::newRow("no method") << QByteArray::fromStdString(framed(R"({"jsonrpc":"2.0"})"));
        QTest::newRow("too long") << QByteArray("Content-Length: 104857600\r\n\r\n") + QByteArray(104857600, ' ');
    }

    /// Each is answered once, and the next request as if nothing had been.
    void hostileFrames()
    {
        QFETCH(QByteArray, bytes);
        Engine engine(m_model);
        engine.write(bytes.toStdString());
        QVERIFY(works(engine));
        QVERIFY(!engine.unasked.empty() && engine.unasked.size() <= 2);
        QVERIFY(engine.unasked.front().error.has_value());
    }

    /// What JSON-RPC knows and this engine does not is refused by name.
    void batchesAndNullIds()
    {
        Engine engine(m_model);
        const auto refusal = [&](const std::string& content) {
            engine.unasked.clear();
            engine.sendContent(content);
            if (!engine.waitFor([&] { return !engine.unasked.empty(); }))
                return std::string("no answer");
            const auto& error = *engine.unasked.front().error;
            return std::to_string(error.code) + " " + error.message;
        };
        QCOMPARE(refusal(R"([{"jsonrpc":"2.0","id":1,"method":"status","params":{}}])"),
                 std::string("-32600 Batches are not supported: send each request as a message."));
        QCOMPARE(refusal(R"({"jsonrpc":"2.0","id":null,"method":"status","params":{}})"),
                 std::string("-32600 The id of a request must not be null."));
        QVERIFY(works(engine));
    }

    /// A gigabyte is announced and never comes: the engine waits without holding it, and ends with its input.
    void announcedGigabyte()
    {
        Engine engine(m_model);
        QVERIFY(works(engine));
        engine.write("Content-Length: 1073741824\r\n\r\nabc");
        QVERIFY(engine.waitFor([&] { return !engine.unasked.empty(); }));
        engine.process.closeWriteChannel();
        QVERIFY(engine.process.waitForFinished(20000 * slowness));
        QCOMPARE(engine.process.exitCode(), 0);
        QCOMPARE(engine.process.exitStatus(), QProcess::NormalExit);
    }

    void tornFrames()
    {
        Engine engine(m_model);
        const auto frame = framed(requestContent(1000, protocol::status.name, nlohmann::json::object()));
        for (const char byte : frame) {
            engine.write(std::string(1, byte));
            engine.process.waitForBytesWritten(1000);
        }
        QVERIFY(!engine.answer(1000).error);
    }

    void wrongRequests_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("params");
        QTest::addColumn<int>("code");
        const auto row = [](const char* name, const char* method, const char* params, int code) {
            QTest::newRow(name) << QByteArray(method) << QByteArray(params) << code;
        };
        row("unknown method", "dance", "{}", protocol::methodNotFound);
        row("missing field", "text/plan", "{}", protocol::invalidParams);
        row("wrong type", "text/plan", R"({"text":5})", protocol::invalidParams);
        row("wrong nested type", "reconstruct", R"({"source":{"text":"a","spans":"all"}})", protocol::invalidParams);
        row("huge number", "text/plan", R"({"text":"a","slots":1e300})", protocol::invalidParams);
        row("unknown name", "export", R"({"kind":"picture","format":"html","reconstruction":{}})",
            protocol::invalidParams);
        row("params are a list", "status", "[]", protocol::invalidRequest);
        row("no model", "text/plan", R"({"text":"a"})", protocol::requestFailed);
        row("unknown device", "models/load", R"({"base":"base","device":"toaster"})", protocol::requestFailed);
    }

    void wrongRequests()
    {
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, params);
        QFETCH(int, code);
        Engine engine(m_model);
        engine.sendContent(R"({"jsonrpc":"2.0","id":500,"method":")" + method.toStdString() + R"(","params":)"
                           + params.toStdString() + "}");
        const auto answer = engine.answer(500);
        QCOMPARE(answer.error->code, code);
        QVERIFY(!answer.error->message.empty() && !answer.error->remedy.empty());
        QVERIFY(works(engine));
    }

    void wrongValues()
    {
        Engine engine(m_model);
        load(engine);
        ReconstructParams params;
        QVERIFY(engine.failure(protocol::reconstruct, params).starts_with("invalid_input: There is no text"));
        params.source.text = "a";
        params.source.slots = -1;
        QVERIFY(!engine.failure(protocol::reconstruct, params).empty());
        params.source.slots = std::nullopt;
        params.source.spanTokens = INT64_MAX;
        QVERIFY(!engine.failure(protocol::reconstruct, params).empty());
        params.source.spanTokens = std::nullopt;
        params.sampling.temperature = -1;
        QVERIFY(!engine.failure(protocol::reconstruct, params).empty());
        params.sampling.temperature = 0;
        params.source.text = std::string("zero \0 byte", 11);
        engine.answer(engine.send(protocol::reconstruct, params)); // whatever it says, it goes on
        params.source.memory = "memory-1";
        QVERIFY(engine.failure(protocol::reconstruct, params).starts_with("not_found"));
        ReadParams read;
        read.sources.resize(1);
        read.sources[0].text = "a";
        read.maxTokens = INT64_MAX;
        QVERIFY(!engine.failure(protocol::continueText, read).empty());
        QVERIFY(works(engine));
    }

    void cancelsInMidStream()
    {
        Engine engine(m_model);
        load(engine);
        const auto id = sendLong(engine);
        QVERIFY(engine.waitFor([&] { return !engine.notesOf(protocol::tokens).empty(); }));
        engine.cancel(id);
        const auto result = engine.result(protocol::reconstruct, id); // keeps what was written
        QVERIFY(result.reconstruction.stopped && !result.reconstruction.text.empty());
        QVERIFY(result.reconstruction.generatedTokens < result.reconstruction.tokens);
        const auto& spans = result.reconstruction.spans;
        QVERIFY(std::any_of(spans.begin(), spans.end(), [](const auto& span) { return span.stopped; }));
        QVERIFY(!result.reconstruction.scores);
        QVERIFY(works(engine));
    }

    /// Model requests wait for each other, light ones do not; a waiting one that is cancelled is answered at once.
    void queues()
    {
        Engine engine(m_model);
        load(engine);
        const auto running = sendLong(engine);
        const auto waiting = sendLong(engine);
        const auto last = engine.send(protocol::compress, {{"Short.", "s", {}, {}, {}, {}}});
        QVERIFY(engine.call(protocol::textPlan, {"Hello.", {}, {}, false}).tokens > 0);
        QVERIFY(!engine.answered(running) && !engine.answered(last));
        QVERIFY(engine.call(protocol::status, {}).waiting >= 1);
        engine.cancel(waiting);
        QCOMPARE(engine.answer(waiting).error->code, protocol::requestCancelled);
        QVERIFY(!engine.answered(running));
        engine.cancel(running);
        engine.answer(last);
        QVERIFY(engine.answered(running));
        engine.cancel(running); // long over
        engine.cancel(123456);
        QVERIFY(works(engine));
    }

    void sameIdTwice()
    {
        Engine engine(m_model);
        load(engine);
        const auto id = sendLong(engine);
        engine.sendContent(requestContent(id, protocol::status.name, nlohmann::json::object()));
        QCOMPARE(engine.answer(id).error->code, protocol::invalidRequest);
        engine.cancel(id);
        QVERIFY(works(engine));
    }

    void inputClosed()
    {
        Engine engine(m_model);
        load(engine);
        sendLong(engine);
        QVERIFY(engine.waitFor([&] { return !engine.notesOf(protocol::tokens).empty(); }));
        engine.process.closeWriteChannel();
        QVERIFY(engine.process.waitForFinished(20000 * slowness));
        QCOMPARE(engine.process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(engine.process.exitCode(), 0);
    }

    void outputClosed()
    {
        Engine engine(m_model);
        load(engine);
        sendLong(engine);
        QVERIFY(engine.waitFor([&] { return !engine.notesOf(protocol::tokens).empty(); }));
        engine.process.closeReadChannel(QProcess::StandardOutput);
        engine.send(protocol::status, {}); // wakes it
        engine.process.closeWriteChannel();
        QVERIFY(engine.process.waitForFinished(20000 * slowness));
        QCOMPARE(engine.process.exitStatus(), QProcess::NormalExit);
    }

    void signals_data()
    {
        QTest::addColumn<int>("signal");
        QTest::addColumn<int>("exitCode");
        QTest::newRow("SIGTERM") << SIGTERM << 130;
        QTest::newRow("SIGINT") << SIGINT << 130;
    }

    void signals()
    {
        QFETCH(int, signal);
        QFETCH(int, exitCode);
        Engine engine(m_model);
        load(engine);
        sendLong(engine);
        QVERIFY(engine.waitFor([&] { return !engine.notesOf(protocol::tokens).empty(); }));
        kill(static_cast<pid_t>(engine.process.processId()), signal);
        QVERIFY(engine.process.waitForFinished(20000 * slowness));
        QCOMPARE(engine.process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(engine.process.exitCode(), exitCode);
    }

    /// Unloading gives the memory back to the system.
    void returnsMemory()
    {
        Engine engine(m_model);
        load(engine);
        ReconstructParams params;
        params.source.text = m_long;
        params.tokens = false;
        const auto id = engine.send(protocol::reconstruct, params);
        engine.cancel(id);
        engine.answer(id); // what it took is there now
        const auto loaded = engine.call(protocol::status, {});
        const auto unloaded = engine.call(protocol::modelsUnload, {});
        QVERIFY(!unloaded.model);
        QVERIFY(unloaded.residentBytes <= loaded.residentBytes);
    }

    /// Whoever has an answer may use its id again at once.
    void idsAreFreeWithTheirAnswers()
    {
        Engine engine(m_model);
        load(engine);
        CompressParams params;
        params.source.text = "Short.";
        const auto content = requestContent(7, protocol::compress.name, nlohmann::json(params));
        for (std::size_t i = 1; i <= 100; ++i) {
            engine.sendContent(content);
            QVERIFY(engine.waitFor([&] { return engine.order.size() == i + 1; })); // load() had the first
        }
        QVERIFY(!engine.answer(7).error);
    }

    void endsWithItsClient_data()
    {
        QTest::addColumn<QString>("script");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("nobody reads any more, the input stays open")
            << u"mkfifo in; exec 3<>in; { timeout 20 %1 serve <in; echo $? >code; } | true; cat code"_s
            << QByteArray("0");
        QTest::newRow("nobody takes the answers, the input ends")
            << u"mkfifo out; exec 3<>out; %2 { timeout 20 %1 serve >out 2>errors; echo $?; }"_s << QByteArray("0");
    }

    void endsWithItsClient()
    {
        QFETCH(QString, script);
        QFETCH(QByteArray, code);
        const auto frame = framed(requestContent(1, "dance", nlohmann::json::object()));
        QByteArray many;
        for (int i = 0; i < 600; ++i) // fewer bytes than a pipe takes, and more in answers
            many += QByteArray::fromStdString(frame);
        m_model.write("many", many);
        const auto result = m_model.run(
            {u"-c"_s, script.replace(u"%2"_s, u"cat many |"_s).replace(u"%1"_s, QStringLiteral(ICAE_PROGRAM))}, {},
            u"/bin/sh"_s);
        QCOMPARE(result.out.trimmed(), code);
    }

    /// Pipes in the places of files: each is said, and nothing waits for them.
    void pipesAreNoFiles()
    {
        QCOMPARE(m_model
                     .run({QStringLiteral("-c"), QStringLiteral("mkfifo pipe; mkdir piped; mkfifo piped/config.json")},
                          {}, QStringLiteral("/bin/sh"))
                     .code,
                 0);
        Engine engine(m_model);
        load(engine);
        const auto pipe = m_model.path("pipe").string();
        const auto memory = engine.call(protocol::compress, {{"Short.", "s", {}, {}, {}, {}}}).memory.id;
        QVERIFY(engine.failure(protocol::memorySave, {memory, pipe}).find("not a regular file") != std::string::npos);
        LoadMemoryParams loading;
        loading.path = pipe;
        QVERIFY(!engine.failure(protocol::memoryLoad, loading).empty());
        LoadModelParams model;
        model.base = m_model.path("piped").string();
        QVERIFY(engine.failure(protocol::modelsLoad, model).find("is a named pipe") != std::string::npos);
        QVERIFY(works(engine));
    }

    /// A zero byte ends a path for the system: nothing that stands before it may be taken for what was meant.
    void pathsWithAZeroByteAreRefused()
    {
        Engine engine(m_model);
        const auto cut = m_model.path("").string() + std::string("\0x", 2);
        const auto refused = [](const std::string& failure) { return failure.ends_with("holds a zero byte."); };
        LoadModelParams model;
        model.base = cut;
        QVERIFY(refused(engine.failure(protocol::modelsLoad, model)));
        model.base = m_model.path("").string();
        model.adapter = std::string("reconstruct\0x", 13);
        QVERIFY(refused(engine.failure(protocol::modelsLoad, model)));
        QVERIFY(refused(engine.failure(protocol::modelsList, {{"nowhere", cut}, false})));
        QVERIFY(refused(engine.failure(protocol::filesList, {cut})));
        QVERIFY(refused(engine.failure(protocol::runsList, {{cut}})));
        QVERIFY(refused(engine.failure(protocol::runsFolder, {cut})));
        QVERIFY(refused(engine.failure(protocol::runsStop, {cut})));
        QVERIFY(refused(engine.failure(protocol::memoryLoad, {cut})));
        QVERIFY(works(engine));
    }

    /// A folder that cannot be looked at is not one that is not there.
    void pathsThatCannotBeAreNamed_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("why");
        QTest::newRow("too long") << QString(300, u'x') << QByteArray("File name too long");
        QTest::newRow("a circle of links") << u"loop1"_s << QByteArray("Too many levels of symbolic links");
    }

    void pathsThatCannotBeAreNamed()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, why);
        m_model.run({u"-c"_s, u"ln -sf loop1 loop2; ln -sf loop2 loop1"_s}, {}, u"/bin/sh"_s);
        Engine engine(m_model);
        const auto path = m_model.path(name.toStdString()).string();
        const auto said = [&](const std::string& sentence) {
            return sentence.find(why.toStdString()) != std::string::npos;
        };
        LoadModelParams model;
        model.base = path;
        QVERIFY(said(engine.failure(protocol::modelsLoad, model)));
        model.base = m_model.path("").string();
        model.adapter = path;
        QVERIFY(said(engine.failure(protocol::modelsLoad, model)));
        QVERIFY(said(engine.failure(protocol::filesList, {path})));
        const auto models = engine.call(protocol::modelsList, {{path}, false});
        QVERIFY(models.problems.size() == 1 && said(models.problems.front().problem));
        const auto runs = engine.call(protocol::runsList, {{path}});
        QVERIFY(runs.problems.size() == 1 && said(runs.problems.front().problem));
    }

    void spansAreNamedOnce()
    {
        Engine engine(m_model);
        load(engine);
        ReconstructParams params;
        params.source.text = "Short.";
        params.source.spans.assign(5000, 0);
        QVERIFY(engine.failure(protocol::reconstruct, params).find("named twice") != std::string::npos);
    }

    void memoriesThatGoAreNamed()
    {
        Engine engine(m_model);
        load(engine);
        for (int i = 0; i < 65; ++i)
            engine.call(protocol::compress, {{"Short.", "s" + std::to_string(i), {}, {}, {}, {}}});
        const auto notes = engine.notesOf(protocol::log);
        QVERIFY(!notes.empty() && notes.back().message.find("The memory of s0") == 0);
    }
};

QTEST_GUILESS_MAIN(TestServeFaults)
#include "test_serve_faults.moc"

#include "session/engine_client.h"

#include "program.h"

#include <QSignalSpy>
#include <QtTest>

#include <csignal>

using namespace icae;
using namespace Qt::StringLiterals;

/// The client with the real engine.
class TestClientEngine : public QObject {
    Q_OBJECT

    ModelFixture m_model;

private Q_SLOTS:
    /// Killed in mid-stream: one message, and the next request works as if nothing had been.
    void survivesKill()
    {
        EngineClient client;
        client.setCommand(u"\""_s + QStringLiteral(ICAE_PROGRAM) + u"\" serve"_s);
        QSignalSpy lost(&client, &EngineClient::lost);
        QSignalSpy failed(&client, &EngineClient::failed);
        client.start();
        client.call(protocol::modelsLoad, {m_model.path("").string(), {}, "cpu", "auto", "reconstruct"}, this);
        QTRY_VERIFY_WITH_TIMEOUT(client.model().has_value(), 60000);

        ReconstructParams params;
        params.source.text = ModelFixture::text(3000).toStdString();
        std::string streamed;
        std::optional<Error> error;
        Handlers<ReconstructResult> handlers;
        handlers.failed = [&](const Error& why) { error = why; };
        handlers.tokens = [&](const TokensNote& note) {
            for (const auto& piece : note.pieces)
                streamed += piece.text;
        };
        client.call(protocol::reconstruct, params, this, handlers);
        QTRY_VERIFY_WITH_TIMEOUT(!streamed.empty(), 60000);
        kill(static_cast<pid_t>(client.process().processId()), SIGKILL);
        QTRY_VERIFY(error.has_value());
        QCOMPARE(error->kind(), ErrorKind::EngineLost);

        params.source.text = ModelFixture::text(3).toStdString();
        std::optional<ReconstructResult> result;
        handlers.failed = {};
        handlers.tokens = {};
        handlers.done = [&](const ReconstructResult& value) { result = value; };
        client.call(protocol::reconstruct, params, this, handlers);
        QTRY_VERIFY_WITH_TIMEOUT(result.has_value(), 60000);
        QVERIFY(result->reconstruction.scores.has_value());
        QCOMPARE(lost.size(), 1);
        QCOMPARE(failed.size(), 0);
        QVERIFY(client.model().has_value());
    }
};

QTEST_GUILESS_MAIN(TestClientEngine)
#include "test_client_engine.moc"

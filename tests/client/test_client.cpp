#include "session/engine_client.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace icae;
using namespace Qt::StringLiterals;

namespace {

/// What became of one request.
struct Outcome {
    int done = 0;
    std::vector<Error> failures;
    std::int64_t tokens = -1;
    std::string streamed;
    std::vector<double> progress;

    bool isOver() const { return done > 0 || !failures.empty(); }
    Handlers<TextPlan> handlers()
    {
        Handlers<TextPlan> handlers;
        handlers.done = [this](const TextPlan& plan) {
            ++done;
            tokens = plan.tokens;
        };
        handlers.failed = [this](const Error& error) { failures.push_back(error); };
        handlers.progress = [this](const ProgressNote& note) { progress.push_back(note.fraction.value_or(-1)); };
        handlers.tokens = [this](const TokensNote& note) { streamed += note.pieces.front().text; };
        return handlers;
    }
};

PlanParams text(const char* text)
{
    return {text, std::nullopt, std::nullopt, false};
}

} // namespace

/// The client with a scripted engine: what it does when the engine behaves, misbehaves and dies.
class TestClient : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString starts() const { return m_folder.filePath(u"starts"_s); }
    qint64 startCount() const { return QFileInfo(starts()).size(); }
    void start(EngineClient& client) const
    {
        QFile::remove(starts());
        client.setCommand(u"\""_s + QStringLiteral(FAKE_ENGINE) + u"\" \""_s + starts() + u'"');
        client.start();
    }

private Q_SLOTS:
    void answers()
    {
        EngineClient client;
        start(client);
        Outcome early; // before the engine is there
        client.call(protocol::textPlan, text("four"), this, early.handlers());
        QVERIFY(!early.isOver());
        QTRY_COMPARE(early.tokens, 4);
        QCOMPARE(client.state(), EngineClient::State::Ready);
        QCOMPARE(client.engine().engineVersion, std::string("fake"));

        Outcome streamed;
        QSignalSpy progressed(&client, &EngineClient::progressed);
        client.call(protocol::textPlan, text("stream"), this, streamed.handlers());
        QTRY_COMPARE(streamed.tokens, 6);
        QCOMPARE(streamed.streamed, std::string("abc"));
        QCOMPARE(streamed.progress, std::vector<double>{0.5});
        QCOMPARE(progressed.size(), 1);
        QVERIFY(!client.isBusy());
    }

    void large()
    {
        EngineClient client;
        start(client);
        Outcome outcome;
        const std::string megabytes(std::size_t{5} << 20U, 'x');
        client.call(protocol::textPlan, text(megabytes.c_str()), this, outcome.handlers());
        QTRY_COMPARE(outcome.tokens, static_cast<std::int64_t>(megabytes.size()));
    }

    void refusals()
    {
        EngineClient client;
        start(client);
        std::vector<Error> failures;
        connect(&client, &EngineClient::failed, this,
                [&](const QString& /*method*/, const Error& why) { failures.push_back(why); });
        client.call(protocol::memoryList, {}, this);
        QTRY_COMPARE(failures.size(), 1U);
        QCOMPARE(failures[0].kind(), ErrorKind::Unsupported);
        QCOMPARE(failures[0].remedy(), std::string("Elsewhere."));

        Outcome wrong;
        client.call(protocol::textPlan, text("wrong"), this, wrong.handlers());
        QTRY_COMPARE(wrong.failures.size(), 1U);
        QVERIFY(wrong.failures[0].message().find("\"tokens\"") != std::string::npos);
    }

    void cancels()
    {
        EngineClient client;
        Outcome unsent;
        const auto first = client.call(protocol::textPlan, text("abc"), this, unsent.handlers());
        client.cancel(first);
        QVERIFY(!unsent.isOver()); // never from within
        QTRY_COMPARE(unsent.failures.size(), 1U);
        QCOMPARE(unsent.failures[0].kind(), ErrorKind::Cancelled);

        start(client);
        Outcome hanging;
        Outcome other;
        const auto id = client.call(protocol::textPlan, text("hang"), this, hanging.handlers());
        client.call(protocol::textPlan, text("ab"), this, other.handlers());
        QTRY_COMPARE(other.tokens, 2);
        QVERIFY(!hanging.isOver() && client.isBusy());
        client.cancel(id);
        QTRY_COMPARE(hanging.failures.size(), 1U);
        QCOMPARE(hanging.failures[0].kind(), ErrorKind::Cancelled);
    }

    /// Whoever asked may be gone when the answer comes.
    void contextGone()
    {
        EngineClient client;
        start(client);
        Outcome outcome;
        auto context = std::make_unique<QObject>();
        client.call(protocol::textPlan, text("hang"), context.get(), outcome.handlers());
        QTRY_COMPARE(client.state(), EngineClient::State::Ready);
        context.reset();
        QTRY_VERIFY(!client.isBusy());
        QVERIFY(!outcome.isOver());
    }

    void tolerates_data()
    {
        QTest::addColumn<QByteArray>("behaviour");
        for (const char* behaviour : {"noise", "twice", "stale"})
            QTest::newRow(behaviour) << QByteArray(behaviour);
    }

    /// Rubbish, a second answer and news of requests that nobody made change nothing.
    void tolerates()
    {
        QFETCH(QByteArray, behaviour);
        EngineClient client;
        start(client);
        QSignalSpy progressed(&client, &EngineClient::progressed);
        Outcome outcome;
        Outcome next;
        client.call(protocol::textPlan, text(behaviour.constData()), this, outcome.handlers());
        client.call(protocol::textPlan, text("next"), this, next.handlers());
        QTRY_COMPARE(next.tokens, 4);
        QCOMPARE(outcome.done, 1);
        QCOMPARE(progressed.size(), 0);
        QCOMPARE(startCount(), 1);
    }

    void dies_data()
    {
        QTest::addColumn<QByteArray>("behaviour");
        QTest::addColumn<QByteArray>("message");
        QTest::newRow("killed") << QByteArray("die") << QByteArray("was killed");
        QTest::newRow("killed in mid-answer") << QByteArray("torn") << QByteArray("was killed");
        QTest::newRow("exit code") << QByteArray("exit") << QByteArray("exit code 7");
    }

    /// An engine that dies costs what it was doing: one message, and the next request works, with the model as before.
    void dies()
    {
        QFETCH(QByteArray, behaviour);
        QFETCH(QByteArray, message);
        EngineClient client;
        start(client);
        QSignalSpy lost(&client, &EngineClient::lost);
        QSignalSpy requested(&client, &EngineClient::requestStarted);
        client.call(protocol::modelsLoad, {"somewhere", {}, "auto", "auto", {}}, this);
        QTRY_VERIFY(client.model().has_value());

        Outcome hanging;
        Outcome killing;
        client.call(protocol::textPlan, text("hang"), this, hanging.handlers());
        client.call(protocol::textPlan, text(behaviour.constData()), this, killing.handlers());
        QTRY_COMPARE(killing.failures.size(), 1U);
        QCOMPARE(hanging.failures.size(), 1U);
        QCOMPARE(lost.size(), 1);
        QCOMPARE(killing.failures[0].kind(), ErrorKind::EngineLost);
        QVERIFY2(killing.failures[0].message().find(message.toStdString()) != std::string::npos,
                 killing.failures[0].what());
        QVERIFY(killing.failures[0].details().find("fake engine started") != std::string::npos);
        QVERIFY(!client.model());
        QCOMPARE(client.state(), EngineClient::State::Restarting);

        Outcome next; // waits for the new engine
        client.call(protocol::textPlan, text("next"), this, next.handlers());
        QTRY_COMPARE(next.tokens, 4);
        QTRY_VERIFY(client.model().has_value());
        QCOMPARE(client.model()->base, std::string("somewhere"));
        QCOMPARE(startCount(), 2);
        QCOMPARE(lost.size(), 1);
    }

    /// It does not start again for ever.
    void givesUp()
    {
        EngineClient client;
        QSignalSpy lost(&client, &EngineClient::lost);
        client.setCommand(u"sh -c \"echo no luck >&2; exit 3\""_s);
        client.start();
        Outcome outcome;
        client.call(protocol::textPlan, text("x"), this, outcome.handlers());
        QTRY_COMPARE_WITH_TIMEOUT(client.state(), EngineClient::State::Failed, 60000);
        QCOMPARE(outcome.failures.size(), 1U);
        QVERIFY(outcome.failures[0].details().find("no luck") != std::string::npos);
        Outcome later;
        client.call(protocol::textPlan, text("x"), this, later.handlers());
        QTRY_COMPARE(later.failures.size(), 1U);

        start(client); // another command, tried at once
        Outcome now;
        client.call(protocol::textPlan, text("abc"), this, now.handlers());
        QTRY_COMPARE(now.tokens, 3);
    }

    void noProgram()
    {
        EngineClient client;
        std::vector<Error> losses;
        connect(&client, &EngineClient::lost, this, [&](const Error& why) { losses.push_back(why); });
        client.setCommand(u"/nowhere/icae serve"_s);
        client.start();
        QTRY_COMPARE(client.state(), EngineClient::State::Failed);
        QTRY_COMPARE(losses.size(), 1U);
        QVERIFY(losses[0].message().find("/nowhere/icae serve") != std::string::npos);
    }

    void stops()
    {
        EngineClient client;
        start(client);
        QSignalSpy lost(&client, &EngineClient::lost);
        Outcome hanging;
        client.call(protocol::textPlan, text("hang"), this, hanging.handlers());
        QTRY_COMPARE(client.state(), EngineClient::State::Ready);
        client.stop();
        QCOMPARE(hanging.failures.size(), 1U);
        QCOMPARE(client.state(), EngineClient::State::Stopped);
        client.start();
        QTRY_COMPARE(client.state(), EngineClient::State::Ready);
        QCOMPARE(lost.size(), 0);
    }
};

QTEST_GUILESS_MAIN(TestClient)
#include "test_client.moc"

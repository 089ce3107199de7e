#include "train_fixture.h"

#include <QtTest>

#include <cmath>
#include <map>
#include <random>

using namespace Qt::StringLiterals;
namespace fs = std::filesystem;

/// Several processes train as one: the same losses, and the same end.
class TestTrainRanks : public QObject {
    Q_OBJECT

    using Losses = std::map<std::int64_t, std::map<std::string, double>>;

    TrainFixture m_train;

    static TrainFixture::Json job(double dropout, int steps)
    {
        auto job = TrainFixture::job();
        job.merge_patch({{"adapter", {{"lora", {{"dropout", dropout}}}}},
                         {"batch_tokens", 160}, // 5 to 10 examples: they do not divide by 2 or 3
                         {"evaluate", {{"cells", TrainFixture::Json::array({{32, 8}, {16, 4}})}}},
                         {"stop", {{"steps", steps}}},
                         {"every", {{"log", 1}, {"evaluate", 20}, {"checkpoint", 10}}}});
        return job;
    }

    QStringList begin(const QString& job, const QString& run, int ranks) const
    {
        return {u"train"_s, job, u"--run"_s, run, u"--gpus"_s, QString::number(ranks), u"--device"_s, u"cpu"_s};
    }

    static QStringList resume(const QString& run, int ranks)
    {
        return {u"train"_s, u"--resume"_s, run, u"--gpus"_s, QString::number(ranks)};
    }

    /// Losses and validations by step.
    Losses lossesOf(const std::string& run) const
    {
        Losses all;
        for (const auto& line : m_train.lines(run + "/metrics.jsonl"))
            for (const auto* kind : {"losses", "validation"})
                if (line.contains(kind))
                    for (const auto& [name, value] : line[kind].items())
                        all[line["step"].get<std::int64_t>()][name] = value.get<double>();
        return all;
    }

    void compare(const std::string& run, const Losses& expected) const
    {
        const auto found = lossesOf(run);
        QCOMPARE(found.size(), expected.size());
        for (const auto& [step, losses] : expected) {
            QCOMPARE(found.at(step).size(), losses.size());
            for (const auto& [name, loss] : losses) {
                const auto other = found.at(step).at(name);
                QVERIFY2(std::abs(other - loss) <= 1e-5 * std::abs(loss),
                         qPrintable(QString::fromStdString(run + ", step " + std::to_string(step) + ", " + name + ": "
                                                           + std::to_string(other) + " for " + std::to_string(loss))));
            }
        }
    }

    /// Processes that a process started.
    static std::vector<pid_t> childrenOf(qint64 process)
    {
        const auto id = std::to_string(process);
        std::ifstream file("/proc/" + id + "/task/" + id + "/children");
        std::vector<pid_t> all;
        for (pid_t child = 0; file >> child;)
            all.push_back(child);
        return all;
    }

    static bool lives(pid_t process)
    {
        std::ifstream file("/proc/" + std::to_string(process) + "/stat");
        std::string line;
        std::getline(file, line);
        const auto close = line.rfind(')');
        return close != std::string::npos && line.substr(close + 2, 1) != "Z";
    }

    /// Rank 0 and the processes that it started.
    static std::vector<pid_t> ranksOf(const QProcess& first)
    {
        std::vector<pid_t> all{static_cast<pid_t>(first.processId())};
        for (const auto child : childrenOf(first.processId()))
            all.push_back(child);
        return all;
    }

    static void requireAllEnd(QProcess& first, const std::vector<pid_t>& ranks)
    {
        const auto timer = TrainFixture::started();
        QVERIFY(first.waitForFinished(30000 * slowness));
        for (const auto rank : ranks)
            while (lives(rank)) {
                QVERIFY2(timer.elapsed() < qint64{30000} * slowness, "a rank stays behind");
                QTest::qWait(20);
            }
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_train.writeJob("plain.json", job(0, 50));
        m_train.writeJob("dropout.json", job(0.1, 50));
        auto endless = job(0.1, 100000);
        endless["every"] = {{"log", 1}, {"evaluate", 100000}, {"checkpoint", 10}};
        m_train.writeJob("long.json", endless);
        for (const auto& name : {u"plain"_s, u"dropout"_s}) {
            const auto result = m_train.run(begin(name + u".json"_s, name, 1));
            QVERIFY2(result.code == 0, result.err);
        }
    }

    void lossesAreTheSame_data()
    {
        QTest::addColumn<QString>("job");
        QTest::addColumn<int>("ranks");
        for (const auto* name : {"plain", "dropout"})
            for (const int ranks : {2, 3})
                QTest::addRow("%s, %d ranks", name, ranks) << QString::fromLatin1(name) << ranks;
    }

    void lossesAreTheSame()
    {
        QFETCH(QString, job);
        QFETCH(int, ranks);
        const auto run = job + QString::number(ranks);
        const auto result = m_train.run(begin(job + u".json"_s, run, ranks));
        QVERIFY2(result.code == 0, result.err);
        compare(run.toStdString(), lossesOf(job.toStdString()));
        const auto status = m_train.listed(run.toStdString());
        QCOMPARE(status["ranks"], ranks);
        QCOMPARE(status["devices"].size(), static_cast<std::size_t>(ranks));
        QVERIFY(status["exchange_share"] > 0 && status["exchange_share"] < 1);
        QCOMPARE(m_train.lines(run.toStdString() + "/samples.jsonl").size(),
                 m_train.lines(job.toStdString() + "/samples.jsonl").size());
    }

    void aKilledRankEndsAll_data()
    {
        QTest::addColumn<int>("victim");
        for (const int victim : {0, 1, 2})
            QTest::addRow("rank %d", victim) << victim;
    }

    void aKilledRankEndsAll()
    {
        QFETCH(int, victim);
        const auto seed = std::random_device()();
        qInfo() << "seed" << seed;
        std::mt19937 random(seed);
        const auto run = u"killed"_s + QString::number(victim);
        const auto name = run.toStdString();
        const auto process = m_train.start(begin(u"dropout.json"_s, run, 3));
        QVERIFY(m_train.waitForStep(name, 10));
        QTest::qWait(static_cast<int>(random() % 400));
        const auto ranks = ranksOf(*process);
        if (ranks.size() == 3) // else it was done already
            kill(ranks.at(static_cast<std::size_t>(victim)), SIGKILL);
        requireAllEnd(*process, ranks);
        if (m_train.state(name) != "finished") {
            const auto status = m_train.listed(name);
            QCOMPARE(status["state"], victim == 0 ? "died" : "failed");
            const auto reason = status["reason"].get<std::string>();
            QVERIFY2(reason.starts_with("Rank " + std::to_string(victim) + " on "), reason.c_str());
            QVERIFY2(victim == 0 || reason.find("killed by signal 9") != std::string::npos, reason.c_str());
        }
        const auto result = m_train.run(resume(run, victim == 1 ? 2 : 1));
        QVERIFY2(result.code == 0, result.err);
        compare(name, lossesOf("dropout"));
    }

    /// What rank 0's clock asks for is agreed on a step later, and is not asked for again until it was done.
    void theClockAsksOnce()
    {
        auto often = job(0, 12);
        often["every"] = {{"log", 1}, {"evaluate", 0}, {"checkpoint", 100000}, {"checkpoint_minutes", 1e-6}};
        m_train.writeJob("often.json", often);
        const auto result = m_train.run(begin(u"often.json"_s, u"often"_s, 2));
        QVERIFY2(result.code == 0, result.err);
        std::vector<int> steps;
        for (const auto& event : m_train.events("often"))
            if (event.startsWith(u"checkpoint "_s))
                steps.push_back(event.section(u' ', 1).toInt());
        QVERIFY(steps.size() >= 4);
        for (std::size_t i = 1; i + 1 < steps.size(); ++i) // the last is the end's
            QVERIFY(steps[i] - steps[i - 1] > 1);
    }

    /// Whichever rank hears of it.
    void aStopReachesAll()
    {
        for (const std::size_t asked : {std::size_t{0}, std::size_t{2}}) {
            const auto run = u"stopped"_s + QString::number(asked);
            const auto process = m_train.start(begin(u"long.json"_s, run, 3));
            QVERIFY(m_train.waitForStep(run.toStdString(), 3));
            const auto ranks = ranksOf(*process);
            QCOMPARE(ranks.size(), std::size_t{3});
            kill(ranks[asked], SIGTERM);
            requireAllEnd(*process, ranks);
            QCOMPARE(process->exitCode(), 0);
            const auto status = m_train.listed(run.toStdString());
            QCOMPARE(status["state"], "stopped");
            QCOMPARE(m_train.checkpoints(run.toStdString()).back(), "step-" + status["step"].dump());
        }
    }

    void aFullDiskEndsAll()
    {
        const auto arguments = begin(u"long.json"_s, u"full"_s, 2).join(u' ');
        const auto process = m_train.start(
            {u"-c"_s, u"ulimit -f 1000; exec %1 %2"_s.arg(QStringLiteral(ICAE_PROGRAM), arguments)}, u"/bin/sh"_s);
        QVERIFY(m_train.waitForStep("full", 1));
        requireAllEnd(*process, ranksOf(*process));
        QCOMPARE(process->exitCode(), 3);
        QVERIFY(m_train.listed("full")["reason"].get<std::string>().find("is full") != std::string::npos);
    }

    void numbersThatAreNoneEndAll()
    {
        auto broken = job(0, 100000);
        broken.merge_patch({{"optimizer", {{"learning_rate", 10}, {"weight_decay", 10}, {"warmup", 0}}},
                            {"every", {{"evaluate", 0}, {"checkpoint", 100000}}}});
        m_train.writeJob("broken.json", broken);
        const auto process = m_train.start(begin(u"broken.json"_s, u"broken"_s, 3));
        QVERIFY(m_train.waitForStep("broken", 1));
        requireAllEnd(*process, ranksOf(*process));
        QCOMPARE(process->exitCode(), 3);
        const auto reason = m_train.listed("broken")["reason"].get<std::string>();
        QVERIFY2(reason.find("is not a number any more") != std::string::npos, reason.c_str());
    }

    void aHaltedRankEndsAll()
    {
        const auto process =
            m_train.start(begin(u"long.json"_s, u"halted"_s, 3) + QStringList{u"--patience"_s, u"3"_s});
        QVERIFY(m_train.waitForStep("halted", 2));
        const auto ranks = ranksOf(*process);
        QCOMPARE(ranks.size(), std::size_t{3});
        kill(ranks[1], SIGSTOP);
        requireAllEnd(*process, ranks);
        const auto reason = m_train.listed("halted")["reason"].get<std::string>();
        QVERIFY2(reason.starts_with("Rank 1 on ") && reason.find("hangs") != std::string::npos, reason.c_str());
    }

    /// As torchrun and Slurm's scripts start them.
    void ranksFromTheEnvironment()
    {
        const auto process = m_train.start(
            {u"-c"_s,
             u"for r in 0 1; do RANK=$r LOCAL_RANK=$r WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=%3 "
             "%1 train plain.json --run env --device cpu & pids=\"$pids $!\"; done; for p in $pids; do wait $p || exit 9; done"_s
                 .arg(QStringLiteral(ICAE_PROGRAM))
                 .arg(20000 + std::random_device()() % 20000)},
            u"/bin/sh"_s);
        QVERIFY(process->waitForFinished(60000 * slowness));
        QVERIFY2(process->exitCode() == 0, process->readAll());
        compare("env", lossesOf("plain"));
    }

    void wrongPlacesAreRefused()
    {
        const auto refuses = [&](const QString& variables, const QString& options, const char* why) {
            const auto result = m_train.run({u"-c"_s,
                                             u"%1 exec %2 train plain.json --run refused %3"_s.arg(
                                                 variables, QStringLiteral(ICAE_PROGRAM), options)},
                                            {}, u"/bin/sh"_s);
            QVERIFY2(result.code == 3 && result.err.contains(why), result.err);
            QVERIFY(!fs::exists(m_train.path("refused")));
        };
        refuses(u"RANK=0 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=29500"_s, {}, "LOCAL_RANK");
        refuses(u"RANK=2 WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=29500"_s, {}, "RANK");
        refuses(u"RANK=0 WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=x"_s, {}, "MASTER_PORT");
        refuses(u"RANK=0 WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=29500"_s, u"--gpus 3"_s,
                "WORLD_SIZE");
    }
};

QTEST_GUILESS_MAIN(TestTrainRanks)
#include "test_train_ranks.moc"

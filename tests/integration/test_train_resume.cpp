#include "train_fixture.h"

#include <QRandomGenerator>
#include <QtTest>

#include <set>

using namespace Qt::StringLiterals;
namespace fs = std::filesystem;

/// However often and wherever a run is stopped, what comes of it is the same, bit for bit.
class TestTrainResume : public QObject {
    Q_OBJECT

    TrainFixture m_train;

    /// Everything that an unbroken run left is what this one left.
    void compareWithWhole(const std::string& run)
    {
        QCOMPARE(m_train.state(run), std::string("finished"));
        const auto whole = m_train.metrics("whole");
        const auto resumed = m_train.metrics(run);
        for (qsizetype i = 0; i < std::min(whole.size(), resumed.size()); ++i)
            QCOMPARE(resumed[i], whole[i]);
        QCOMPARE(resumed.size(), whole.size());
        for (const auto* file : {"samples.jsonl", "model/base/model.safetensors", "model/adapter/icae.safetensors",
                                 "model/adapter/icae_config.json", "checkpoints/step-30/training.safetensors"})
            QVERIFY2(TrainFixture::contentOf(m_train.path(run + "/" + file))
                         == TrainFixture::contentOf(m_train.path(std::string("whole/") + file)),
                     file);
        QCOMPARE(m_train.checkpoints(run), (std::vector<std::string>{"step-28", "step-30"}));
    }

    QStringList resumeOf(const QString& run) const
    {
        const bool begun = fs::exists(m_train.path(run.toStdString() + "/config.json"));
        return begun ? QStringList{u"train"_s, u"--resume"_s, run}
                     : QStringList{u"train"_s, u"job.json"_s, u"--run"_s, run};
    }

    static void killNow(QProcess& process)
    {
        process.kill();
        process.waitForFinished();
    }

    /// Resumes a run until it ends by itself.
    void finish(const QString& run)
    {
        const auto process = m_train.start(resumeOf(run));
        QVERIFY(process->waitForFinished(60000 * slowness));
        QVERIFY2(process->exitCode() == 0, process->readAll());
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_train.writeJob("job.json", TrainFixture::job());
        const auto result = m_train.run({u"train"_s, u"job.json"_s, u"--run"_s, u"whole"_s});
        QVERIFY2(result.code == 0, result.err);
        // 10 lines of losses, evaluations after 10, 20 and 30 steps.
        QCOMPARE(m_train.metrics("whole").size(), 13);
        QCOMPARE(m_train.lines("whole/samples.jsonl").size(), std::size_t{3});
    }

    void killedAtRandomMoments()
    {
        const auto run = u"killed"_s;
        // ICAE_TEST_SEED repeats the moments, as far as a machine does.
        bool given = false;
        auto seed = qEnvironmentVariable("ICAE_TEST_SEED").toUInt(&given);
        if (!given)
            seed = QRandomGenerator::global()->generate();
        QRandomGenerator random(seed);
        qInfo("ICAE_TEST_SEED=%u", seed);
        int kills = 0;
        for (const int step : {0, 2, 9, 15, 24}) {
            const auto process = m_train.start(resumeOf(run));
            if (step > 0)
                QVERIFY2(m_train.waitForStep("killed", step), process->readAll());
            QTest::qWait(random.bounded(step > 0 ? 120 : 600));
            if (process->state() == QProcess::NotRunning)
                break;
            killNow(*process);
            ++kills;
            if (fs::exists(m_train.path("killed/status.json")))
                QCOMPARE(m_train.state("killed"), std::string("died"));
        }
        QVERIFY(kills >= 3);
        finish(run);
        compareWithWhole("killed");
    }

    void killedBetweenTheFilesOfACheckpoint()
    {
        const auto run = u"between"_s;
        const auto folder = m_train.path("between/checkpoints");
        // A new folder, its first file, its second, its mark.
        for (const auto* file : {"", "training.safetensors", "position.json", "DONE"}) {
            const auto process = m_train.start(resumeOf(run));
            std::error_code ignored;
            std::set<fs::path> before;
            for (const auto& entry : fs::directory_iterator(folder, ignored))
                before.insert(entry.path());
            const auto appeared = [&] {
                for (const auto& entry : fs::directory_iterator(folder, ignored))
                    if (!before.contains(entry.path()) && fs::exists(entry.path() / file, ignored))
                        return true;
                return false;
            };
            // Without a sleep: the files follow each other within milliseconds.
            for (auto timer = TrainFixture::started(); !appeared();)
                QVERIFY2(timer.elapsed() < qint64{30000} * slowness && !process->waitForFinished(0), "no checkpoint");
            killNow(*process);
        }
        finish(run);
        compareWithWhole("between");
    }

    void remainsOfAKillAreNoCheckpoint()
    {
        const auto run = u"remains"_s;
        {
            const auto process = m_train.start(resumeOf(run));
            QVERIFY(m_train.waitForStep("remains", 9));
            killNow(*process);
        }
        const auto newest = m_train.path("remains/checkpoints/" + m_train.checkpoints("remains").back());
        const auto copyAs = [&](const char* name) {
            auto target = m_train.path("remains/checkpoints/" + std::string(name));
            fs::remove_all(target);
            fs::copy(newest, target, fs::copy_options::recursive);
            return target;
        };
        copyAs("step-99.partial"); // killed before the renaming
        fs::remove(copyAs("step-98") / "DONE"); // killed while an old one was dropped
        fs::remove(copyAs("step-97.partial") / "DONE");
        fs::resize_file(copyAs("step-96.partial") / "training.safetensors", 1000);
        std::ofstream(m_train.path("remains/.icae-part-abcdef")) << "half a file";
        std::ofstream(m_train.path("remains/metrics.jsonl"), std::ios::app)
            << "{\"step\":98,\"loss\":1}\n{\"step\":99,\"lo";
        std::ofstream(m_train.path("remains/samples.jsonl"), std::ios::app) << "{\"step\":98}\n{\"st";
        finish(run);
        compareWithWhole("remains");
        QVERIFY(!fs::exists(m_train.path("remains/.icae-part-abcdef")));
    }

    void aSignalStopsAfterACheckpoint_data()
    {
        QTest::addColumn<int>("signal");
        QTest::addColumn<int>("step");
        QTest::addColumn<int>("times");
        QTest::newRow("SIGTERM") << SIGTERM << 6 << 2;
        QTest::newRow("SIGINT") << SIGINT << 12 << 1;
        QTest::newRow("SIGHUP: the terminal is closed") << SIGHUP << 15 << 1;
    }

    void aSignalStopsAfterACheckpoint()
    {
        QFETCH(int, signal);
        QFETCH(int, step);
        QFETCH(int, times);
        const auto run = u"signalled%1"_s.arg(signal);
        const auto folder = run.toStdString();
        for (int round = 0; round < times; ++round) { // the second stop is soon after resuming
            const auto process = m_train.start(resumeOf(run));
            QVERIFY(m_train.waitForStep(folder, step + round));
            ::kill(static_cast<pid_t>(process->processId()), signal);
            QVERIFY(process->waitForFinished(30000 * slowness));
            QVERIFY2(process->exitStatus() == QProcess::NormalExit && process->exitCode() == 0, process->readAll());
            const auto status = m_train.listed(folder);
            QCOMPARE(status["state"], "stopped");
            QCOMPARE(status["reason"], "Stopped on request after a checkpoint.");
            // The checkpoint is of the very step at which it stopped.
            QCOMPARE(m_train.checkpoints(folder).size(), std::size_t{2});
            QVERIFY(fs::exists(
                m_train.path(folder + "/checkpoints/step-" + std::to_string(status["step"].get<int>()) + "/DONE")));
        }
        finish(run);
        compareWithWhole(folder);
    }

    /// Asked to stop in an evaluation, which is not waited for and made good later.
    void stoppedInAnEvaluation()
    {
        auto job = TrainFixture::job();
        job["stop"]["steps"] = 6;
        job["every"] = {{"log", 1}, {"evaluate", 3}, {"checkpoint", 100}};
        job["evaluate"]["windows"] = 500;
        QByteArray texts;
        for (int i = 0; i < 125; ++i)
            texts +=
                QByteArray::fromStdString(nlohmann::json{{"text", ModelFixture::text(4).toStdString()}}.dump()) + "\n";
        m_train.write("many.jsonl", texts);
        job["data"]["validation_texts"] = {"many.jsonl"};
        m_train.writeJob("evaluating.json", job);
        const auto result = m_train.run({u"train"_s, u"evaluating.json"_s, u"--run"_s, u"evaluated"_s});
        QVERIFY2(result.code == 0, result.err);
        const auto process = m_train.start({u"train"_s, u"evaluating.json"_s, u"--run"_s, u"interrupted"_s});
        QVERIFY(m_train.waitForStep("interrupted", 3));
        QTest::qWait(50);
        process->terminate();
        QVERIFY(process->waitForFinished(30000 * slowness));
        QVERIFY2(process->exitCode() == 0, process->readAll());
        QCOMPARE(m_train.state("interrupted"), std::string("stopped"));
        QVERIFY(fs::exists(m_train.path("interrupted/checkpoints/step-3/DONE")));
        const auto before = m_train.metrics("interrupted");
        QVERIFY2(before.size() == 3, "the evaluation was over before the signal came");
        { // the evaluation is made good, and killed before there is a checkpoint that knows
            const auto again = m_train.start(resumeOf(u"interrupted"_s));
            QVERIFY(m_train.waitForStep("interrupted", 4));
            killNow(*again);
        }
        finish(u"interrupted"_s);
        QCOMPARE(m_train.metrics("interrupted"), m_train.metrics("evaluated"));
        QCOMPARE(TrainFixture::contentOf(m_train.path("interrupted/samples.jsonl")),
                 TrainFixture::contentOf(m_train.path("evaluated/samples.jsonl")));
    }

    /// A checkpoint holds all that was taken from the run it began with.
    void theRunItBeganWithMayBeGone()
    {
        auto job = TrainFixture::job();
        job["stop"]["steps"] = 100000;
        job["init_from"] = "origin";
        m_train.writeJob("from.json", job);
        fs::copy(m_train.path("whole"), m_train.path("origin"), fs::copy_options::recursive);
        const auto process = m_train.start({u"train"_s, u"from.json"_s, u"--run"_s, u"from"_s});
        QVERIFY2(m_train.waitForStep("from", 3), process->readAll());
        process->terminate();
        QVERIFY(process->waitForFinished(30000 * slowness));
        fs::remove_all(m_train.path("origin"));
        auto config = nlohmann::json::parse(std::ifstream(m_train.path("from/config.json")));
        const auto step = m_train.listed("from")["step"].get<std::int64_t>();
        config["stop"]["steps"] = step + 3;
        m_train.writeJob("from/config.json", config);
        finish(u"from"_s);
        QCOMPARE(m_train.listed("from")["step"], step + 3);
        fs::remove_all(m_train.path("from/checkpoints"));
        const auto result = m_train.run(resumeOf(u"from"_s)); // from the start again: that needs it
        QVERIFY2(result.code == 3 && result.err.contains("init_from"), result.err);
    }

    /// A run's base may be a run that went on meanwhile.
    void aBaseThatChangedIsRefused()
    {
        fs::copy(m_train.path("whole"), m_train.path("changing"), fs::copy_options::recursive);
        m_train.writeJob("frozen.json", TrainFixture::adapterJob("changing", 4));
        const auto begun = m_train.run({u"train"_s, u"frozen.json"_s, u"--run"_s, u"frozen"_s});
        QVERIFY2(begun.code == 0, begun.err);
        {
            std::fstream weights(m_train.path("changing/model/base/model.safetensors"),
                                 std::ios::in | std::ios::out | std::ios::binary);
            weights.seekp(-1, std::ios::end);
            weights.put('\x3d');
        }
        const auto refused = m_train.run(resumeOf(u"frozen"_s));
        QCOMPARE(refused.code, 3);
        QVERIFY2(refused.err.contains("The run frozen cannot go on with the base")
                     && refused.err.contains("changing/model/base: it was trained on another base: its weights"),
                 refused.err);
        // What older versions wrote does not say.
        const std::string position = "frozen/checkpoints/step-4/position.json";
        auto older = nlohmann::json::parse(std::ifstream(m_train.path(position)));
        QVERIFY(older.erase("base") == 1);
        m_train.writeJob(position, older);
        m_train.write("frozen/checkpoints/step-4/DONE", ""); // nor did those have hashes
        finish(u"frozen"_s);
    }

    /// The base goes on training while an adapter is trained on what it was.
    void theAdapterNamesTheBaseItBeganWith()
    {
        fs::copy(m_train.path("base"), m_train.path("moving"), fs::copy_options::recursive);
        m_train.writeJob("moving.json", TrainFixture::adapterJob("moving", 100000));
        const auto process = m_train.start({u"train"_s, u"moving.json"_s, u"--run"_s, u"pinned"_s});
        QVERIFY2(m_train.waitForStep("pinned", 6), process->readAll()); // a checkpoint is written after 4
        const auto config = m_train.path("pinned/model/adapter/icae_config.json");
        const auto before = TrainFixture::contentOf(config);
        QVERIFY(before.contains("weights_sha256"));
        const auto weights = m_train.path("moving/model.safetensors");
        auto content = TrainFixture::contentOf(weights);
        content.back() = '\x3d';
        m_train.write("moving/next", content);
        fs::rename(m_train.path("moving/next"), weights); // as an export replaces it
        process->terminate();
        QVERIFY(process->waitForFinished(30000 * slowness));
        QVERIFY2(process->exitCode() == 0, process->readAll());
        QCOMPARE(TrainFixture::contentOf(config), before);
        const auto refused = m_train.run({u"compress"_s, u"text.txt"_s, u"-o"_s, u"other.memory"_s, u"--model"_s,
                                          u"moving"_s, u"--adapter"_s, u"pinned/model/adapter"_s});
        QVERIFY2(refused.code == 3 && refused.err.contains("it was trained on another base: its weights"), refused.err);
    }

    /// Products that are shared out among threads add up in the same order again.
    void onSeveralThreads()
    {
        qputenv("OMP_NUM_THREADS", "2");
        auto job = TrainFixture::job();
        job["stop"]["steps"] = 4;
        job["batch_tokens"] = 1024;
        job["every"] = {{"log", 1}, {"evaluate", 0}, {"checkpoint", 2}};
        m_train.writeJob("threads.json", job);
        const auto result = m_train.run({u"train"_s, u"threads.json"_s, u"--run"_s, u"threads"_s});
        const auto process = m_train.start({u"train"_s, u"threads.json"_s, u"--run"_s, u"threads2"_s});
        const bool begun = m_train.waitForStep("threads2", 2);
        killNow(*process);
        finish(u"threads2"_s);
        qputenv("OMP_NUM_THREADS", "1");
        QVERIFY2(result.code == 0 && begun, result.err);
        QCOMPARE(m_train.metrics("threads2"), m_train.metrics("threads"));
    }

    /// So do Muon's numbers, which stand in an order of their own, and what is dropped where questions are asked.
    void withMuonAndQuestionsOfTheirOwn()
    {
        auto job = TrainFixture::job();
        job.merge_patch({{"optimizer", {{"kind", "muon"}}},
                         {"questions", {{"turns", 2}, {"predict", 0.5}, {"dropout", 0.2}}},
                         {"mixture", {{"ft", 0.4}, {"ft_text", 0.4}}},
                         {"stop", {{"steps", 40}}},
                         {"every", {{"log", 1}, {"evaluate", 0}, {"checkpoint", 2}}}});
        m_train.writeJob("muon.json", job);
        const auto result = m_train.run({u"train"_s, u"muon.json"_s, u"--run"_s, u"muon"_s});
        QVERIFY2(result.code == 0, result.err);
        const auto process = m_train.start({u"train"_s, u"muon.json"_s, u"--run"_s, u"muon2"_s});
        const bool begun = m_train.waitForStep("muon2", 3);
        killNow(*process);
        QVERIFY(begun);
        fs::copy(m_train.path("muon2"), m_train.path("adamw"), fs::copy_options::recursive);
        finish(u"muon2"_s);
        QCOMPARE(m_train.metrics("muon2"), m_train.metrics("muon"));
        auto other = nlohmann::json::parse(std::ifstream(m_train.path("adamw/config.json")), nullptr, true, true);
        other["optimizer"]["kind"] = "adamw";
        m_train.writeJob("adamw/config.json", other);
        const auto refused = m_train.run({u"train"_s, u"--resume"_s, u"adamw"_s, u"--accept-changes"_s});
        QCOMPARE(refused.code, 3);
        QVERIFY2(refused.err.contains("was trained with the optimizer \"muon\" and cannot go on with \"adamw\""),
                 refused.err);
    }

    void aFinishedRunStaysAsItIs()
    {
        const auto before = m_train.metrics("whole");
        const auto weights = TrainFixture::contentOf(m_train.path("whole/model/adapter/icae.safetensors"));
        finish(u"whole"_s);
        QCOMPARE(m_train.metrics("whole"), before);
        QCOMPARE(m_train.lines("whole/samples.jsonl").size(), std::size_t{3});
        QCOMPARE(TrainFixture::contentOf(m_train.path("whole/model/adapter/icae.safetensors")), weights);
        QCOMPARE(m_train.listed("whole")["state"], "finished");
    }

    void aLimitInMinutesCountsTrainingOnly()
    {
        auto job = TrainFixture::job();
        job["stop"] = {{"minutes", 0.04}};
        job["every"] = {{"log", 1}, {"evaluate", 0}, {"checkpoint", 1000000}, {"checkpoint_minutes", 0.003}};
        m_train.writeJob("minutes.json", job);
        {
            const auto process = m_train.start({u"train"_s, u"minutes.json"_s, u"--run"_s, u"minutes"_s});
            QVERIFY(m_train.waitForStep("minutes", 4));
            QTRY_VERIFY_WITH_TIMEOUT(!m_train.checkpoints("minutes").empty(),
                                     30000 * slowness); // by the clock: no step asks for one
            killNow(*process);
        }
        finish(u"minutes"_s);
        const auto status = m_train.listed("minutes");
        QCOMPARE(status["state"], "finished");
        QCOMPARE(status["progress"], 1.0);
        const auto lines = m_train.lines("minutes/metrics.jsonl");
        double last = 0;
        std::int64_t step = 0;
        for (const auto& line : lines) {
            if (!line.contains("losses"))
                continue;
            QVERIFY(line["seconds"].get<double>() > last);
            QCOMPARE(line["step"].get<std::int64_t>(), ++step); // each step once
            last = line["seconds"];
        }
        QVERIFY2(last > 2 && last < 4, std::to_string(last).c_str());
    }
};

QTEST_GUILESS_MAIN(TestTrainResume)
#include "test_train_resume.moc"

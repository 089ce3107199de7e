#include "engine.h"
#include "train_fixture.h"

#include "protocol/train_protocol.h"

#include <QTest>

#include <csignal>
#include <fstream>

using namespace icae;
using namespace Qt::StringLiterals;

/// The engine's runs: started, watched, stopped, resumed, renamed, deleted and restored; they outlive it.
class TestServeRuns : public QObject {
    Q_OBJECT

    TrainFixture m_model;

    std::string spec(int windows, const char* lengths = "[8, 16]") const
    {
        return R"({"kind": "length", // by length
                   "models": [{"base": "base", "adapter": "reconstruct", "name": "tiny"}],
                   "texts": ["text.txt"], "slots": [2, 4], "device": "cpu", "lengths": )"
            + std::string(lengths) + ", \"windows\": " + std::to_string(windows) + "}";
    }

    std::string folder() const { return m_model.path("").string(); }

    static RunContent finished(Engine& engine, const std::string& run)
    {
        RunContent content;
        for (QElapsedTimer timer = started(); timer.elapsed() < qint64{60000} * slowness; QTest::qWait(20)) {
            content = engine.call(protocol::runsRead, {run, {}, true});
            if (!isAlive(content.info.status.state))
                break;
        }
        return content;
    }

    static QElapsedTimer started() { return TrainFixture::started(); }

    static nlohmann::json job(int steps) { return TrainFixture::adapterJob("base", steps); }

    static std::vector<std::string> fieldsOf(const TrainCheck& check)
    {
        std::vector<std::string> fields;
        for (const auto& problem : check.problems)
            fields.push_back(problem.field);
        std::sort(fields.begin(), fields.end());
        return fields;
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("XDG_DATA_HOME", m_model.file("data").toUtf8());
        qputenv("XDG_CONFIG_HOME", m_model.file("config").toUtf8());
        qputenv("XDG_STATE_HOME", m_model.file("state").toUtf8());
        qputenv("OMP_NUM_THREADS", "1");
    }

    void startsAndReads()
    {
        Engine engine(m_model);
        QVERIFY(engine.call(protocol::runsList, {}).runs.empty());
        const auto check = engine.call(protocol::studyCheck, {spec(3), folder()});
        QVERIFY(check.problems.empty());
        QCOMPARE(check.cells, 4);
        QCOMPARE(check.samples, 12);
        const auto info = engine.call(protocol::runsStart, {RunKind::Study, spec(3), "first", folder()});
        QCOMPARE(info.name, std::string("first"));
        const auto content = finished(engine, info.run);
        QCOMPARE(content.info.status.state, RunState::Finished);
        QCOMPARE(content.cells.samples.size(), std::size_t{12});
        QVERIFY(content.study && content.study->models.size() == 1);
        QVERIFY(!content.study->models.front().adapterSha256.empty());
        QVERIFY(engine.call(protocol::runsRead, {info.run, content.position}).cells.samples.empty());
        const auto sample = engine.call(protocol::studySample, {info.run, content.cells.samples.back().offset});
        QCOMPARE(sample.reference, content.cells.samples.back().reference);
        QVERIFY(!sample.reference.empty());
        const auto list = engine.call(protocol::runsList, {});
        QCOMPARE(list.runs.size(), std::size_t{1});
        QCOMPARE(list.runs[0].status.kind, RunKind::Study);
        // The rate of a study that ran says how long the next takes.
        const auto estimate = engine.call(protocol::studyEstimate, {spec(6), folder()});
        QCOMPARE(estimate.from, std::string("first"));
        QCOMPARE(estimate.samples, 24);
        QVERIFY(estimate.firstSeconds > 0 && estimate.seconds > estimate.firstSeconds);
        // A second run of that name gets another folder.
        const auto again = engine.call(protocol::runsStart, {RunKind::Study, spec(1), "first", folder()});
        QCOMPARE(again.name, std::string("first-2"));
        finished(engine, again.run);
    }

    void outlivesItsEngine()
    {
        std::string run;
        {
            Engine engine(m_model);
            run = engine.call(protocol::runsStart, {RunKind::Study, spec(4), "alone", folder()}).run;
        } // killed
        Engine engine(m_model);
        const auto content = finished(engine, run);
        QCOMPARE(content.info.status.state, RunState::Finished);
        QCOMPARE(content.cells.samples.size(), std::size_t{16});
    }

    void stopsAndResumes()
    {
        Engine engine(m_model);
        const auto run = engine
                             .call(protocol::runsStart,
                                   {RunKind::Study, spec(4000, "[1, 2, 3, 4, 5, 6, 7, 8]"), "stopped", folder()})
                             .run;
        QVERIFY(engine.failure(protocol::runsDelete, {run}).find("is running") != std::string::npos);
        engine.failure(protocol::runsStop, {run});
        auto content = finished(engine, run);
        if (content.info.status.state == RunState::Finished)
            return; // the texts gave few windows
        QCOMPARE(content.info.status.state, RunState::Stopped);
        engine.call(protocol::runsResume, {run});
        content = finished(engine, run);
        QCOMPARE(content.info.status.state, RunState::Finished);
    }

    void renamesDeletesRestores()
    {
        Engine engine(m_model);
        const auto run = engine.call(protocol::runsStart, {RunKind::Study, spec(1), "old", folder()}).run;
        finished(engine, run);
        const auto renamed = engine.call(protocol::runsRename, {run, "new"});
        QCOMPARE(renamed.name, std::string("new"));
        const auto before = engine.call(protocol::runsList, {}).runs.size();
        const auto deleted = engine.call(protocol::runsDelete, {renamed.run});
        QCOMPARE(engine.call(protocol::runsList, {}).runs.size(), before - 1);
        QCOMPARE(engine.call(protocol::runsRestore, deleted).run, renamed.run);
        QCOMPARE(engine.call(protocol::runsList, {}).runs.size(), before);
    }

    void everyFaultOfAJobHasItsField()
    {
        Engine engine(m_model);
        const auto check = [&](const nlohmann::json& job) {
            return engine.call(protocol::trainCheck, {job.dump(), folder()});
        };
        auto good = check(job(20));
        QVERIFY2(good.problems.empty(), good.problems.empty() ? "" : good.problems.front().problem.c_str());
        QCOMPARE(good.stage, std::string("adapter"));
        QCOMPARE(good.steps, std::optional<std::int64_t>(20));
        QCOMPARE(good.files.size(), std::size_t{4});
        QVERIFY(good.trainedNumbers > 0 && good.positions > 0 && good.batchTokens == 128);
        auto bad = job(20);
        bad["base"] = "nowhere";
        bad["seed"] = "seven";
        bad["adapter"]["lora"]["r"] = 0;
        bad["data"]["texts"] = {"missing.txt"};
        bad["mixtures"] = 1;
        QCOMPARE(fieldsOf(check(bad)),
                 (std::vector<std::string>{"adapter.lora.r", "base", "data.texts", "mixtures", "seed"}));
        auto wrong = job(20);
        wrong["device"] = "cuda:99";
        wrong["data"]["texts"] = {"tokenizer.model"};
        QCOMPARE(fieldsOf(check(wrong)), (std::vector<std::string>{"data.texts", "device"}));
        QVERIFY(
            engine.failure(protocol::runsStart, {RunKind::Training, bad.dump(), "bad", folder()}).find("\"mixtures\"")
            != std::string::npos);
        const auto unread = engine.call(protocol::trainCheck, {"{ \"stage\": \"adapter\",, }", folder()}).problems;
        QCOMPARE(unread.size(), std::size_t{1});
        QVERIFY(unread.front().remedy.find("column") != std::string::npos);
        for (const auto* stage : {"base", "midtrain", "adapter", "instruct"}) {
            const auto text = engine.call(protocol::trainTemplate, {stage}).job;
            QVERIFY(!text.empty());
            for (const auto& field : fieldsOf(engine.call(protocol::trainCheck, {text, folder()})))
                QVERIFY2(field == "base" || field == "tokenizer" || field.starts_with("data."), field.c_str());
        }
        const auto bundled = engine.call(protocol::trainTemplate, {{}, true}).job;
        QVERIFY(engine.call(protocol::trainCheck, {bundled, folder()}).problems.empty());
    }

    void trainsAndReads()
    {
        Engine engine(m_model);
        auto text = job(20);
        text["every"]["keep_models"] = true;
        const auto info = engine.call(protocol::runsStart, {RunKind::Training, text.dump(), "trained", folder()});
        const auto content = finished(engine, info.run);
        QVERIFY2(content.info.status.state == RunState::Finished, content.info.status.reason.c_str());
        QVERIFY(content.metrics.lines.find("\"validation\"") != std::string::npos);
        QCOMPARE(nlohmann::json::parse(content.job)["stage"], nlohmann::json("adapter"));
        QVERIFY(engine.call(protocol::runsRead, {info.run, content.position}).job.empty());
        std::vector<std::pair<std::int64_t, bool>> steps;
        for (const auto& checkpoint : content.checkpoints)
            steps.emplace_back(checkpoint.step, checkpoint.stays);
        QCOMPARE(steps, (std::vector<std::pair<std::int64_t, bool>>{{10, true}, {16, false}, {20, false}, {20, true}}));
        QCOMPARE(content.checkpoints[1].keeps.front(), std::string("state"));
        QVERIFY(content.checkpoints[2].loss && !content.checkpoints[1].loss);
    }

    void triesAndExtendsARun()
    {
        Engine engine(m_model);
        const auto run = engine.call(protocol::runsStart, {RunKind::Training, job(8).dump(), "longer", folder()}).run;
        auto content = finished(engine, run);
        QCOMPARE(content.checkpoints.size(), std::size_t{2});
        const auto& last = content.checkpoints.back();
        QCOMPARE(last.keeps, (std::vector<std::string>{"state", "adapter"}));
        LoadModelParams load;
        load.adapter = last.path;
        const auto loaded = engine.call(protocol::modelsLoad, load);
        QCOMPARE(loaded.adapter, last.path + "/adapter");
        QCOMPARE(std::filesystem::path(loaded.base), std::filesystem::path(m_model.path("base")));
        CompressParams compress;
        compress.source.text = "The miller counted coins.";
        QCOMPARE(engine.call(protocol::compress, compress).memory.slots, 8);
        const auto target = m_model.path("published").string();
        const auto published = engine.call(protocol::runsPublish, {run, 8, target});
        QCOMPARE(published.files,
                 (std::vector<std::string>{"README.md", "curves.svg", "icae.safetensors", "icae_config.json"}));
        const auto card = TrainFixture::contentOf(target + "/README.md");
        for (const auto* part : {"# longer\n", "8 steps", "| texts | train.txt | `", "| loss 32/8 | ",
                                 "\"stage\": \"adapter\"", "SHA-256 of its base, weights | `"})
            QVERIFY2(card.contains(part), card + " lacks " + part);
        QVERIFY2(!card.contains(folder().c_str()) && !card.contains(".."), card); // no path of this machine
        QVERIFY(TrainFixture::contentOf(target + "/curves.svg").contains("<polyline"));
        QVERIFY(engine.failure(protocol::runsPublish, {run, 8, target}).find("exists already") != std::string::npos);
        QVERIFY(engine.failure(protocol::runsPublish, {run, 5, target + "2"}).find("no adapter of step 5")
                != std::string::npos);
        QVERIFY(engine.failure(protocol::runsExtend, {run, {}, 3.0}).find("stops by steps") != std::string::npos);
        const auto extended = engine.call(protocol::runsExtend, {run, 4, {}});
        QVERIFY2(extended.rule.find("step 8 to step 12") != std::string::npos, extended.rule.c_str());
        content = finished(engine, run);
        QCOMPARE(content.info.status.state, RunState::Finished);
        QCOMPARE(content.info.status.step, 12);
        QCOMPARE(m_model.events("data/icae/runs/longer").join(u','),
                 QStringLiteral("checkpoint 4,plateau 8,checkpoint 8,extended 8,resumed 8,plateau 10,checkpoint 12"));
        QVERIFY(content.info.status.alert && content.info.status.alert->kind == RunEventKind::Plateau);
        QVERIFY(!content.info.status.alert->remedy.empty());
        QCOMPARE(content.events.size(), std::size_t{7});
        const auto config = nlohmann::json::parse(content.job);
        QCOMPARE(config["base"], nlohmann::json("../../../../base"));
        QCOMPARE(config["stop"]["steps"], nlohmann::json(12));
    }

    void waitsForTheDevice()
    {
        const auto start = [&](Engine& engine, const char* name, int steps, bool queue) {
            return engine.call(protocol::runsStart, {RunKind::Training, job(steps).dump(), name, folder(), queue}).run;
        };
        const auto queued = [](const RunQueue& queue) {
            QStringList names;
            for (const auto& run : queue.runs)
                names.append(QString::fromStdString(std::filesystem::path(run.run).filename().string())
                             + (run.waits ? u" waits"_s : u" trains"_s));
            return names.join(u", "_s);
        };
        std::string first;
        std::string second;
        std::string third;
        {
            Engine engine(m_model);
            first = start(engine, "one", 1000000, false);
            second = start(engine, "two", 2, true);
            third = start(engine, "three", 2, true);
            QTRY_COMPARE_WITH_TIMEOUT(queued(engine.call(protocol::runsQueue, {})),
                                      u"one trains, two waits, three waits"_s, 20000 * slowness);
            const auto status = engine.call(protocol::runsRead, {second}).info.status;
            QCOMPARE(status.state, RunState::Waiting);
            QVERIFY2(status.paused.find("cpu") != std::string::npos, status.paused.c_str());
            QCOMPARE(queued(engine.call(protocol::runsQueue, {third, 0})), u"one trains, three waits, two waits"_s);
            QVERIFY(engine.failure(protocol::runsQueue, {first, 0}).find("waits for no device") != std::string::npos);
        } // killed: who waits goes on waiting
        Engine engine(m_model);
        engine.call(protocol::runsStop, {first});
        QCOMPARE(finished(engine, first).info.status.state, RunState::Stopped);
        QVERIFY(!engine.call(protocol::runsRead, {first}).checkpoints.empty());
        QCOMPARE(finished(engine, second).info.status.state, RunState::Finished);
        const auto ended = engine.call(protocol::runsRead, {third}).info.status;
        QCOMPARE(ended.state, RunState::Finished);
        QVERIFY(std::filesystem::last_write_time(third + "/checkpoints/step-2/DONE")
                < std::filesystem::last_write_time(second + "/checkpoints/step-2/DONE"));
        QTRY_VERIFY_WITH_TIMEOUT(engine.call(protocol::runsQueue, {}).runs.empty(), 20000 * slowness);
    }

    void stopEndsItsProcessesAndADeathIsSeen()
    {
        Engine engine(m_model);
        const auto start = [&](const char* name) {
            const auto run =
                engine.call(protocol::runsStart, {RunKind::Training, job(1000000).dump(), name, folder()}).run;
            const auto status = nlohmann::json::parse(TrainFixture::contentOf(run + "/status.json").toStdString());
            return std::pair{run, status["pid"].get<pid_t>()};
        };
        // The engine buries its children, or they are not there any more.
        const auto isGone = [](pid_t session) {
            for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
                const auto stat = TrainFixture::contentOf(entry.path() / "stat");
                const auto fields = stat.mid(stat.lastIndexOf(')') + 2).split(' '); // state, parent, group, session
                if (fields.size() > 3 && fields[3].toInt() == session && fields[0] != "Z")
                    return false;
            }
            return true;
        };
        const auto [stopped, process] = start("to-stop");
        QVERIFY(!isGone(process));
        QVERIFY(m_model.waitForStep("data/icae/runs/to-stop", 3));
        engine.call(protocol::runsStop, {stopped});
        const auto content = finished(engine, stopped);
        QCOMPARE(content.info.status.state, RunState::Stopped);
        QCOMPARE(content.checkpoints.back().step, content.info.status.step);
        QTRY_VERIFY_WITH_TIMEOUT(isGone(process), 20000 * slowness);
        const auto [killed, other] = start("to-kill");
        kill(other, SIGKILL);
        QTRY_COMPARE_WITH_TIMEOUT(engine.call(protocol::runsRead, {killed}).info.status.state, RunState::Died, 5000);
        QVERIFY(engine.call(protocol::runsRead, {killed}).info.status.reason.find("ended without a word")
                != std::string::npos);
    }

    /// What "Resume with…" asks for.
    void resumesWithOtherData()
    {
        Engine engine(m_model);
        m_model.copy(m_model.path("train.txt"), "mine.txt");
        auto text = job(1000000);
        text["data"]["texts"] = {"mine.txt"};
        const auto run = engine.call(protocol::runsStart, {RunKind::Training, text.dump(), "moved", folder()}).run;
        QVERIFY(m_model.waitForStep("data/icae/runs/moved", 9)); // behind a checkpoint
        engine.call(protocol::runsStop, {run});
        QCOMPARE(finished(engine, run).info.status.state, RunState::Stopped);
        std::filesystem::create_directories(m_model.path("elsewhere"));
        std::filesystem::rename(m_model.path("mine.txt"), m_model.path("elsewhere/mine.txt"));
        const auto missing = engine.failure(protocol::runsResume, {run});
        QVERIFY2(missing.find("mine.txt, which does not exist") != std::string::npos, missing.c_str());
        const auto data = m_model.path("elsewhere").string();
        engine.call(protocol::runsResume, {run, data});
        engine.call(protocol::runsStop, {run});
        QCOMPARE(finished(engine, run).info.status.state, RunState::Stopped);
        std::ofstream(m_model.path("elsewhere/mine.txt"), std::ios::app) << "And one more.\n";
        const auto changed = engine.failure(protocol::runsResume, {run, data});
        QVERIFY2(changed.find("changed since: data.texts 1") != std::string::npos, changed.c_str());
        engine.call(protocol::runsResume, {run, data, true});
        engine.call(protocol::runsStop, {run});
        QCOMPARE(finished(engine, run).info.status.state, RunState::Stopped);
    }

    void listsFolders()
    {
        Engine engine(m_model);
        const auto list = engine.call(protocol::filesList, {m_model.path("base").string()});
        QCOMPARE(list.parent, std::filesystem::path(m_model.path("base")).parent_path().string());
        QVERIFY(std::any_of(list.entries.begin(), list.entries.end(),
                            [](const FileEntry& entry) { return entry.name == "config.json" && entry.bytes > 0; }));
        QVERIFY(engine.failure(protocol::filesList, {"/nowhere"}).find("no folder /nowhere") != std::string::npos);
    }

    void measuresAJob()
    {
        Engine engine(m_model);
        const auto estimate = engine.call(protocol::trainEstimate, {job(1000).dump(), folder()});
        QVERIFY(estimate.fits);
        QVERIFY(estimate.stepSeconds > 0 && estimate.evaluationSeconds > 0 && estimate.tokensPerSecond > 0);
        QVERIFY(estimate.seconds > 1000 * estimate.stepSeconds);
        QVERIFY(estimate.peakBytes > 0 && estimate.peakBytes < estimate.freeBytes);
        const auto before = engine.call(protocol::runsList, {}).runs.size();
        const auto id = engine.send(protocol::trainEstimate, {job(1000).dump(), folder()});
        QTest::qWait(100);
        engine.cancel(id);
        QCOMPARE(engine.answer(id).error->kind, std::string("cancelled"));
        QCOMPARE(engine.call(protocol::runsList, {}).runs.size(), before); // nothing stays
        auto bad = job(10);
        bad["base"] = "nowhere";
        QVERIFY(engine.failure(protocol::trainEstimate, {bad.dump(), folder()}).find("\"base\"") != std::string::npos);
    }

    void refusesWhatIsWrong()
    {
        Engine engine(m_model);
        const auto starts = [&](const std::string& text) {
            return engine.failure(protocol::runsStart, {RunKind::Study, text, "wrong", folder()});
        };
        QVERIFY(starts("{").find("not valid JSON") != std::string::npos);
        QVERIFY(starts(spec(3, "[0]")).find("\"lengths\"") != std::string::npos);
        QVERIFY(starts(R"({"kind": "length", "widths": [1]})").find("\"widths\"") != std::string::npos);
        const auto check = engine.call(protocol::studyCheck, {spec(-1, "[0]"), folder()});
        QCOMPARE(check.problems.size(), std::size_t{2});
        QCOMPARE(check.problems[0].field, std::string("lengths"));
        QCOMPARE(check.problems[1].field, std::string("windows"));
        QVERIFY(engine.failure(protocol::runsRead, {folder() + "/nowhere"}).find("holds no run") != std::string::npos);
        QVERIFY(!engine.failure(protocol::runsFolder, {"relative"}).empty());
        const auto problems = engine.call(protocol::runsList, {{folder() + "/nowhere"}}).problems;
        QCOMPARE(problems.size(), std::size_t{1});
    }

    void remembersTheRunsFolder()
    {
        const auto other = m_model.path("other-runs").string();
        {
            Engine engine(m_model);
            QVERIFY(engine.call(protocol::runsFolder, {}).isDefault);
            QCOMPARE(engine.call(protocol::runsFolder, {other}).folder, other);
        }
        Engine engine(m_model);
        const auto folder = engine.call(protocol::runsFolder, {});
        QCOMPARE(folder.folder, other);
        QVERIFY(!folder.isDefault && folder.freeBytes > 0);
        QVERIFY(engine.call(protocol::runsFolder, {"default"}).isDefault);
    }

    void estimatesAndTemplates()
    {
        Engine engine(m_model);
        const auto estimate = engine.call(protocol::studyEstimate, {spec(3), folder()});
        QCOMPARE(estimate.samples, 12);
        QVERIFY(estimate.seconds > 0 && estimate.firstSeconds > 0 && estimate.firstSeconds < estimate.seconds);
        QVERIFY(engine.call(protocol::studyTemplate, {StudyKind::Latency}).spec.find("batches") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestServeRuns)
#include "test_serve_runs.moc"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/run_directory.h"
#include "runs/run_index.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// A run's folder has one owner, and what it says of the owner is true.
class TestRunDirectory : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    fs::path path(const std::string& name) const { return m_folder.path().toStdString() + "/" + name; }

    static std::string content(const fs::path& file)
    {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

    static Json parsed(const fs::path& file) { return Json::parse(content(file)); }

    static icae::RunStatus running()
    {
        icae::RunStatus status;
        status.state = icae::RunState::Running;
        status.stage = "adapter";
        status.step = 12;
        status.steps = 100;
        status.loss = 1.25;
        status.watched = icae::BestValue{"loss of autoencoding", 0.5, 0.25, 10};
        status.warnings = {"A warning."};
        return status;
    }

    std::string stateAfter(const fs::path& run, const Json& patch) const
    {
        auto json = parsed(run / "status.json");
        json.merge_patch(patch);
        std::ofstream(run / "status.json") << json.dump();
        return icae::nameOf(icae::readRunStatus(run).state);
    }

private Q_SLOTS:
    void hasOneOwner()
    {
        const auto run = path("owned");
        const auto first = std::make_unique<icae::RunDirectory>(run, false);
        const auto refuses = [&](bool resume, const char* why) {
            try {
                const icae::RunDirectory second(run, resume);
            } catch (const icae::Error& error) {
                return error.message().find(why) != std::string::npos;
            }
            return false;
        };
        QVERIFY(refuses(false, "Another process is training in"));
        QVERIFY(refuses(true, "holds no run"));
        std::ofstream(run / "config.json") << "{}";
        QVERIFY(refuses(true, "Another process is training in"));
        QVERIFY(refuses(false, "holds a run already"));
    }

    void saysWhatTheOwnerSays()
    {
        const auto run = path("said");
        const icae::RunDirectory directory(run, false);
        directory.status().write(running());
        const auto status = icae::readRunStatus(run);
        QCOMPARE(Json(status), Json(running()));
        const auto listed = icae::listRuns(m_folder.path().toStdString());
        QVERIFY(std::any_of(listed.begin(), listed.end(), [&](const auto& entry) { return entry.folder == run; }));
    }

    void aDeadOwnerNeverRuns()
    {
        const auto run = path("dead");
        {
            const icae::RunDirectory directory(run, false);
            directory.status().write(running());
        }
        QCOMPARE(stateAfter(run, Json::object()), std::string("running")); // this process lives
        QCOMPARE(stateAfter(run, {{"state", "preparing"}}), std::string("preparing"));
        // Another process with the same number by now, or after another start of the machine.
        const auto start = parsed(run / "status.json")["pid_start"];
        QCOMPARE(stateAfter(run, {{"pid_start", "1"}}), std::string("died"));
        QCOMPARE(stateAfter(run, {{"pid_start", start}, {"boot", "another"}}), std::string("died"));
        QCOMPARE(stateAfter(run, {{"boot", nullptr}}), std::string("preparing"));
        QCOMPARE(stateAfter(run, {{"pid", 0}}), std::string("died"));
        // On another machine its heartbeat decides.
        QCOMPARE(stateAfter(run, {{"host", "elsewhere"}}), std::string("preparing"));
        QCOMPARE(stateAfter(run, {{"heartbeat", 1000}}), std::string("died"));
        QVERIFY(icae::readRunStatus(run).reason.find("without a word") != std::string::npos);
        // What ended with a word stays as it is.
        for (const auto* state : {"stopped", "finished", "failed"})
            QCOMPARE(stateAfter(run, {{"state", state}}), std::string(state));
    }

    void aZombieNeverRuns()
    {
        const auto run = path("zombie");
        fs::create_directories(run);
        const pid_t child = fork();
        if (child == 0) {
            icae::StatusFile(run).write(running());
            _exit(0);
        }
        siginfo_t info{};
        QCOMPARE(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0); // dead, but not buried
        QCOMPARE(parsed(run / "status.json")["pid"], child);
        QCOMPARE(icae::readRunStatus(run).state, icae::RunState::Died);
        waitpid(child, nullptr, 0);
        QCOMPARE(icae::readRunStatus(run).state, icae::RunState::Died);
    }

    void theHeartbeatGoesOnByItself()
    {
        const auto run = path("heart");
        fs::create_directories(run);
        icae::StatusFile file(run, std::chrono::milliseconds(20));
        file.write(running());
        QVERIFY(stateAfter(run, {{"heartbeat", 1000}}) == "running");
        QTRY_VERIFY(parsed(run / "status.json")["heartbeat"].get<std::int64_t>() > 1000);
        QCOMPARE(Json(icae::readRunStatus(run)), Json(running()));
        auto status = running();
        status.state = icae::RunState::Finished;
        file.write(status);
        stateAfter(run, {{"heartbeat", 1000}});
        QTest::qWait(100);
        QCOMPARE(parsed(run / "status.json")["heartbeat"], 1000); // it is over
    }

    void damageIsNoLife()
    {
        const auto run = path("torn/run");
        fs::create_directories(run);
        std::ofstream(run / "status.json") << "{ half a file";
        const auto listed = icae::listRuns(path("torn"));
        QCOMPARE(listed.size(), std::size_t{1});
        QCOMPARE(listed[0].status.state, icae::RunState::Damaged);
        QVERIFY(!listed[0].status.reason.empty());
    }

    void forgetsWhatCameAfterTheCheckpoint()
    {
        const auto run = path("metrics");
        const icae::RunDirectory directory(run, false);
        for (const int step : {1, 2, 3, 4}) {
            directory.append("metrics.jsonl", {{"step", step}});
            directory.append("metrics.jsonl", {{"step", step}, {"validation", step}});
        }
        std::ofstream(run / "metrics.jsonl", std::ios::app) << "7\n[1]\n{\"step\": \"x\"}\n{\"step\": 5, \"lo";
        directory.forgetAfter("metrics.jsonl", 2, 1); // the evaluation after step 2 is done again
        QCOMPARE(content(run / "metrics.jsonl"),
                 std::string("{\"step\":1}\n{\"step\":1,\"validation\":1}\n{\"step\":2}\n"));
        directory.forgetAfter("absent.jsonl", 2, 2);
        QVERIFY(!fs::exists(run / "absent.jsonl"));
    }

    void clearsWhatAKilledOwnerWasWriting()
    {
        const auto run = path("remains");
        fs::create_directories(run / "model/adapter");
        for (const auto* place : {".icae-part-abc", "model/adapter/.icae-part-def"})
            std::ofstream(run / place) << "half";
        std::ofstream(run / "model/adapter/icae.safetensors") << "whole";
        const icae::RunDirectory directory(run, false);
        QVERIFY(!fs::exists(run / ".icae-part-abc"));
        QVERIFY(!fs::exists(run / "model/adapter/.icae-part-def"));
        QVERIFY(fs::exists(run / "model/adapter/icae.safetensors"));
    }

    void writesThroughNoLinks()
    {
        const auto run = path("planted");
        const icae::RunDirectory directory(run, false);
        std::ofstream(path("precious")) << "mine";
        for (const auto* file : {"metrics.jsonl", "log.txt"}) {
            fs::create_symlink(path("precious"), run / file);
            QVERIFY_THROWS_EXCEPTION(icae::Error, directory.append(file, Json{{"step", 1}}));
        }
        QCOMPARE(content(path("precious")), std::string("mine"));
    }

    void looksWithoutMaking()
    {
        icae::requireUsable(path("unmade"), false);
        QVERIFY(!fs::exists(path("unmade")));
        QVERIFY_THROWS_EXCEPTION(icae::Error, icae::requireUsable(path("unmade"), true));
        const icae::RunDirectory owned(path("made"), false);
        QVERIFY_THROWS_EXCEPTION(icae::Error, icae::requireUsable(path("made"), false));
    }
};

QTEST_GUILESS_MAIN(TestRunDirectory)
#include "test_run_directory.moc"

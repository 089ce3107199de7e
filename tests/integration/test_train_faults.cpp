#include "train_fixture.h"

#include <QCryptographicHash>
#include <QtTest>
#include <cstring>
#include <fstream>

using namespace Qt::StringLiterals;
namespace fs = std::filesystem;

/// What goes wrong with a training run says so, and costs no more than it must.
class TestTrainFaults : public QObject {
    Q_OBJECT

    TrainFixture m_train;

    RunResult shell(const QString& script) const { return m_train.run({u"-c"_s, script}, {}, u"/bin/sh"_s); }

    static QString program() { return QStringLiteral(ICAE_PROGRAM); }

private Q_SLOTS:
    void initTestCase() { m_train.writeJob("job.json", TrainFixture::job()); }

    void refusedBeforeAnyWork_data()
    {
        QTest::addColumn<QByteArray>("patch");
        QTest::addColumn<QByteArray>("named");
        QTest::addColumn<QStringList>("options");
        const auto row = [](const char* name, const char* patch, const char* named, const QStringList& options = {}) {
            QTest::newRow(name) << QByteArray(patch) << QByteArray(named) << options;
        };
        row("unknown field", R"({"batch": 1})", "\"batch\"");
        row("k > span", R"({"ae": {"cells": [[4, 8]]}})", "\"ae.cells\"");
        row("rank 0", R"({"adapter": {"lora": {"r": 0}}})", "lora.r");
        row("missing file", R"({"data": {"texts": ["nowhere.txt"]}})", "\"data.texts\"");
        row("unknown objective", R"({"mixture": {"mlm": 1}})", "\"mixture.mlm\"");
        row("wrong base", R"({"base": "other"})", "\"base\"");
        row("wrong base in the background", R"({"base": "other"})", "\"base\"", {u"--detach"_s});
        row("no CUDA in the background", "{}", "CUDA", {u"--detach"_s, u"--device"_s, u"cuda"_s});
        row("a batch beyond any memory", R"({"batch_tokens": 1099511627776})", "\"batch_tokens\"");
        row("no CUDA", "{}", "CUDA", {u"--device"_s, u"cuda"_s});
    }

    void refusedBeforeAnyWork()
    {
        QFETCH(QByteArray, patch);
        QFETCH(QByteArray, named);
        QFETCH(QStringList, options);
        fs::create_directories(m_train.path("other"));
        for (const auto* file : {"model.safetensors", "tokenizer.model"})
            m_train.copy(m_train.path("base") / file, std::string("other/") + file);
        auto config = nlohmann::json::parse(std::ifstream(m_train.path("base/config.json")));
        config["num_hidden_layers"] = 5;
        m_train.writeJob("other/config.json", config);
        auto job = TrainFixture::job();
        job.merge_patch(nlohmann::json::parse(patch.toStdString()));
        m_train.writeJob("refused.json", job);
        const auto before = m_train.files();
        const auto result = m_train.run(QStringList{u"train"_s, u"refused.json"_s, u"--run"_s, u"refused"_s} + options);
        QCOMPARE(result.code, 3);
        QVERIFY2(result.err.startsWith("icae: ") && result.err.contains(named), result.err);
        QCOMPARE(result.err.trimmed().count('\n'), 1); // a sentence and a remedy
        QCOMPARE(m_train.files(), before);
    }

    void wrongArguments()
    {
        const auto refuses = [&](const QStringList& arguments, const char* why) {
            const auto before = m_train.files();
            const auto result = m_train.run(QStringList{u"train"_s} + arguments);
            QVERIFY2(result.code == 3 && result.err.contains(why), result.err);
            QCOMPARE(m_train.files(), before);
        };
        refuses({}, "--run");
        refuses({u"job.json"_s}, "--run");
        refuses({u"nowhere.json"_s, u"--run"_s, u"r"_s}, "nowhere.json");
        refuses({u"--resume"_s, u"nowhere"_s}, "nowhere");
        refuses({u"job.json"_s, u"--resume"_s, u"base"_s}, "--resume");
        refuses({u"--template"_s, u"pretrain"_s}, "pretrain");
    }

    /// As parseTrainJob() reads them: null is absent.
    void fieldsMayBeNull()
    {
        auto job = TrainFixture::job();
        job["stop"]["steps"] = 1;
        job["every"] = {{"evaluate", 0}};
        for (const auto* field : {"init_from", "tokenizer", "new_base", "precision"})
            job[field] = nullptr;
        m_train.writeJob("null.json", job);
        const auto result = m_train.run({u"train"_s, u"null.json"_s, u"--run"_s, u"null"_s});
        QVERIFY2(result.code == 0, result.err);
    }

    void templatesArePrinted()
    {
        for (const auto& stage : {u"base"_s, u"midtrain"_s, u"adapter"_s, u"instruct"_s}) {
            const auto result = m_train.run({u"train"_s, u"--template"_s, stage});
            QCOMPARE(result.code, 0);
            const auto json = nlohmann::json::parse(result.out.toStdString(), nullptr, false, true);
            QCOMPARE(json["stage"], stage.toStdString());
            QVERIFY(result.out.contains("// "));
        }
    }

    /// A limit on the size of files stands for a full disk: it refuses the numbers of a checkpoint, and nothing
    /// smaller.
    void aFullDiskKeepsTheLastCheckpoint()
    {
        {
            const auto process = m_train.start({u"train"_s, u"job.json"_s, u"--run"_s, u"full"_s});
            QVERIFY(m_train.waitForStep("full", 6));
            process->terminate();
            QVERIFY(process->waitForFinished(30000 * slowness));
        }
        const auto kept = m_train.checkpoints("full");
        const auto limited = shell(u"ulimit -f 1000; exec %1 train --resume full"_s.arg(program()));
        QCOMPARE(limited.code, 3);
        QVERIFY2(limited.err.contains("is full") && limited.err.contains("checkpoints/step-"), limited.err);
        QVERIFY2(limited.err.contains("Free space there"), limited.err);
        QCOMPARE(m_train.checkpoints("full"), kept);
        const auto status = m_train.listed("full");
        QCOMPARE(status["state"], "failed");
        QVERIFY(status["reason"].get<std::string>().find("is full") != std::string::npos);
        const auto result = m_train.run({u"train"_s, u"--resume"_s, u"full"_s});
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(m_train.run({u"train"_s, u"job.json"_s, u"--run"_s, u"unbroken"_s}).code, 0);
        QCOMPARE(m_train.metrics("full"), m_train.metrics("unbroken"));
    }

    void oneRunHasOneProcess()
    {
        auto job = TrainFixture::job();
        job["stop"]["steps"] = 100000;
        m_train.writeJob("long.json", job);
        const auto process = m_train.start({u"train"_s, u"long.json"_s, u"--run"_s, u"owned"_s});
        QVERIFY(m_train.waitForStep("owned", 3));
        const auto running = m_train.listed("owned");
        QCOMPARE(running["state"], "running");
        QCOMPARE(running["steps"], 100000);
        QVERIFY(running["seconds_left"] > 1);
        const auto refuses = [&](const QStringList& arguments, const char* why) {
            const auto result = m_train.run(QStringList{u"train"_s} + arguments);
            QVERIFY2(result.code == 3 && result.err.contains(why), result.err);
        };
        refuses({u"--resume"_s, u"owned"_s}, "Another process is training in owned");
        refuses({u"--resume"_s, u"owned"_s, u"--detach"_s}, "Another process is training in owned");
        refuses({u"long.json"_s, u"--run"_s, u"owned"_s}, "holds a run already");
        QCOMPARE(m_train.state("owned"), std::string("running"));
        process->kill();
        process->waitForFinished();
        const auto died = m_train.listed("owned");
        QCOMPARE(died["state"], "died");
        QVERIFY(died["reason"].get<std::string>().find("without a word") != std::string::npos);
        QVERIFY(died["step"] >= 3);
        const auto table = m_train.run({u"runs"_s, u"owned"_s});
        QVERIFY2(table.out.contains("died") && table.out.contains("icae train --resume"), table.out);
    }

    void aStatusMayHoldAnyNumber()
    {
        fs::create_directories(m_train.path("vast"));
        m_train.writeJob(
            "vast/status.json",
            {{"state", "stopped"}, {"stage", "base"}, {"step", 1}, {"seconds_left", 1e300}, {"tokens_per_s", 1e300}});
        const auto table = m_train.run({u"runs"_s, u"vast"_s});
        QVERIFY2(table.code == 0 && table.out.contains("1,000,000,000,000,000 277777777777:46:40"), table.out);
    }

    void stoppedWhilePreparing()
    {
        m_train.write("huge.txt", ModelFixture::text(100000));
        auto job = TrainFixture::job();
        job["data"]["texts"] = {"huge.txt"};
        m_train.writeJob("huge.json", job);
        const auto process = m_train.start({u"train"_s, u"huge.json"_s, u"--run"_s, u"preparing"_s});
        QTRY_VERIFY_WITH_TIMEOUT(m_train.written("preparing") == "preparing", 30000 * slowness);
        process->terminate();
        QVERIFY(process->waitForFinished(30000 * slowness));
        QVERIFY2(process->exitStatus() == QProcess::NormalExit && process->exitCode() == 0, process->readAll());
        const auto status = m_train.listed("preparing");
        QCOMPARE(status["state"], "stopped");
        QCOMPARE(status["step"], 0);
        const auto table = m_train.run({u"runs"_s, u"preparing"_s}).out.split('\n');
        const auto unmeasured = table[1].simplified();
        QVERIFY2(unmeasured.startsWith("stopped midtrain 0 - - - - preparing"), unmeasured);
    }

    /// What takes long before the first step is told, and stops.
    void stoppedWhileHashingTheBase()
    {
        m_train.writeVastBase("vast_base", std::int64_t{12} << 20U);
        m_train.writeJob("vast.json", TrainFixture::adapterJob("vast_base", 5));
        const auto process = m_train.start({u"train"_s, u"vast.json"_s, u"--run"_s, u"hashing"_s});
        const auto said = [&] {
            const auto status = nlohmann::json::parse(
                m_train.contentOf(m_train.path("hashing/status.json")).toStdString(), nullptr, false);
            return status.is_object() ? status.value("paused", std::string()) : std::string();
        };
        QTRY_VERIFY2_WITH_TIMEOUT(said().starts_with("Hashing the base: "), process->readAll(), 30000 * slowness);
        const auto table = m_train.run({u"runs"_s, u"hashing"_s}).out;
        QVERIFY2(table.contains("preparing"), table);
        process->terminate();
        QVERIFY(process->waitForFinished(30000 * slowness));
        QVERIFY2(process->exitCode() == 0, process->readAll());
        QCOMPARE(m_train.listed("hashing")["state"], "stopped");
        QCOMPARE(m_train.listed("hashing")["paused"], "");
    }

    /// A hash that is remembered is shown, but refuses nobody: that is computed anew.
    void whatIsRememberedRefusesNobody()
    {
        m_train.writeVastBase("large", std::int64_t{1} << 20U); // 128 MB: remembered
        const auto hash = [&] {
            return m_train.run({u"info"_s, u"large"_s, u"--json"_s})
                .json()["base"]["weights_sha256"]
                .get<std::string>();
        };
        const auto right = hash();
        auto config =
            nlohmann::json::parse(TrainFixture::contentOf(m_train.path("reconstruct/icae_config.json")).toStdString());
        config["base"] = {{"weights_sha256", right}};
        fs::create_directories(m_train.path("named"));
        m_train.copy(m_train.path("reconstruct/icae.safetensors"), "named/icae.safetensors");
        m_train.writeJob("named/icae_config.json", config);
        auto wrong = right;
        wrong.front() = wrong.front() == '0' ? '1' : '0';
        auto cache = TrainFixture::contentOf(m_train.path("cache/icae/hashes.json"));
        QVERIFY(cache.contains(right.c_str()));
        m_train.write("cache/icae/hashes.json", cache.replace(right.c_str(), wrong.c_str()));
        QCOMPARE(hash(), wrong);
        const QStringList compress{u"compress"_s, u"text.txt"_s, u"-o"_s, u"large.memory"_s,
                                   u"-m"_s,       u"large"_s,    u"-a"_s, u"named"_s};
        const auto result = m_train.run(compress);
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(hash(), right);
    }

    /// Older versions noted hashes of files: who names the base so is believed, and refused where they differ.
    void hashesOfFilesNameABase()
    {
        const auto sha256 = [&](const char* file) {
            const auto content = TrainFixture::contentOf(m_train.path(file));
            return QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex().toStdString();
        };
        auto config =
            nlohmann::json::parse(TrainFixture::contentOf(m_train.path("reconstruct/icae_config.json")).toStdString());
        config["base"] = {{"config_sha256", sha256("base/config.json")},
                          {"weights_sha256", sha256("base/model.safetensors")}};
        fs::create_directories(m_train.path("older"));
        m_train.copy(m_train.path("reconstruct/icae.safetensors"), "older/icae.safetensors");
        m_train.writeJob("older/icae_config.json", config);
        const QStringList compress{u"compress"_s, u"text.txt"_s, u"-o"_s, u"older.memory"_s,
                                   u"-m"_s,       u"base"_s,     u"-a"_s, u"older"_s};
        const auto right = m_train.run(compress);
        QVERIFY2(right.code == 0, right.err);
        config["base"]["weights_sha256"] = sha256("base/config.json");
        m_train.writeJob("older/icae_config.json", config);
        const auto wrong = m_train.run(compress);
        QVERIFY2(wrong.code == 3 && wrong.err.contains("was trained on another base"), wrong.err);
    }

    /// A base that holds NaN: nothing is made of it.
    void numbersThatAreNoneAreRefused()
    {
        fs::create_directories(m_train.path("spoilt"));
        for (const auto* file : {"config.json", "model.safetensors", "tokenizer.model"})
            m_train.copy(m_train.path("base") / file, std::string("spoilt/") + file);
        {
            std::fstream weights(m_train.path("spoilt/model.safetensors"),
                                 std::ios::in | std::ios::out | std::ios::binary);
            weights.seekp(-2, std::ios::end);
            weights.write("\xC0\x7F", 2); // NaN in bfloat16
        }
        auto job = TrainFixture::job();
        job["base"] = "spoilt";
        m_train.writeJob("spoilt.json", job);
        const auto result = m_train.run({u"train"_s, u"spoilt.json"_s, u"--run"_s, u"diverged"_s});
        QCOMPARE(result.code, 3);
        QVERIFY2(result.err.contains("holds NaN") && result.err.contains("The tensor \""), result.err);
        QVERIFY(!fs::exists(m_train.path("diverged")));
    }

    /// An adapter as PEFT and other training code name its tensors is one to start from like any other.
    void startsFromAdaptersOfOtherNames()
    {
        const auto file = TrainFixture::contentOf(m_train.path("reconstruct/icae.safetensors"));
        std::uint64_t size = 0;
        std::memcpy(&size, file.data(), sizeof size);
        auto header = file.mid(sizeof size, static_cast<qsizetype>(size));
        header.replace("\"icae.base_model", "\"base_model").replace(".default.weight", ".weight");
        const auto data = file.mid(static_cast<qsizetype>(sizeof size + size));
        size = static_cast<std::uint64_t>(header.size());
        fs::create_directories(m_train.path("peft"));
        m_train.write("peft/icae.safetensors",
                      QByteArray(reinterpret_cast<const char*>(&size), sizeof size) + header + data);
        m_train.copy(m_train.path("reconstruct/icae_config.json"), "peft/icae_config.json");
        auto job = TrainFixture::adapterJob("base", 2);
        job["adapter"] =
            nlohmann::json::parse(TrainFixture::contentOf(m_train.path("peft/icae_config.json")).toStdString());
        job["mixture"] = {{"ae", 1}};
        job["ae"] = {{"cells", nlohmann::json::array({{32, 8}})}};
        job["data"] = {{"texts", {"train.txt"}}};
        for (const auto* field : {"lm", "evaluate"})
            job.erase(field);
        for (const auto* start : {"reconstruct", "peft"}) {
            job["init_from"] = start;
            m_train.writeJob("start.json", job);
            const auto run = QString::fromUtf8(start) + u"_run"_s;
            const auto result = m_train.run({u"train"_s, u"start.json"_s, u"--run"_s, run});
            QVERIFY2(result.code == 0, result.err);
        }
        QCOMPARE(m_train.metrics("peft_run"), m_train.metrics("reconstruct_run"));
        job["adapter"]["lora"]["alpha"] = 32; // which would make other weights of the same matrices
        m_train.writeJob("start.json", job);
        const auto before = m_train.files();
        for (const auto& options : {QStringList{}, QStringList{u"--detach"_s}}) {
            const auto result =
                m_train.run(QStringList{u"train"_s, u"start.json"_s, u"--run"_s, u"scaled"_s} + options);
            QCOMPARE(result.code, 3);
            QVERIFY2(result.err.contains("LoRA scale"), result.err);
        }
        QCOMPARE(m_train.files(), before);
    }

    void tooLittleDataLeavesNoRun()
    {
        m_train.write("little.txt", "Few words.");
        auto job = TrainFixture::job();
        job["data"]["texts"] = {"little.txt"};
        m_train.writeJob("little.json", job);
        for (const auto& options : {QStringList{}, QStringList{u"--detach"_s}}) {
            const auto result =
                m_train.run(QStringList{u"train"_s, u"little.json"_s, u"--run"_s, u"little"_s} + options);
            QCOMPARE(result.code, 3);
            QVERIFY2(result.err.contains("data.texts"), result.err);
            QVERIFY(!fs::exists(m_train.path("little")));
        }
    }

    void leftOutQuestionsAreCounted()
    {
        auto rows = TrainFixture::contentOf(m_train.path("questions.jsonl"));
        rows += QByteArray::fromStdString(nlohmann::json{{"input", ModelFixture::text(4).toStdString()},
                                                         {"prompt", "What?"},
                                                         {"answer", ModelFixture::text(30).toStdString()}}
                                              .dump())
            + "\n";
        m_train.write("more.jsonl", rows);
        auto job = TrainFixture::job();
        job["data"]["questions"] = {"more.jsonl"};
        job["stop"]["steps"] = 1;
        m_train.writeJob("more.json", job);
        const auto result = m_train.run({u"train"_s, u"more.json"_s, u"--run"_s, u"more"_s});
        QVERIFY2(result.code == 0 && result.err.contains("1 of 7 questions"), result.err);
        QVERIFY(TrainFixture::contentOf(m_train.path("more/log.txt")).contains("1 of 7 questions"));
    }

    /// However --detach is written, one process trains; and only one has the run.
    void startsOneProcess()
    {
        const auto one = m_train.run({u"train"_s, u"job.json"_s, u"--run"_s, u"once"_s, u"--detach=true"_s});
        QVERIFY2(one.code == 0, one.err);
        QTRY_VERIFY_WITH_TIMEOUT(m_train.written("once") == "finished", 60000 * slowness);
        QCOMPARE(TrainFixture::contentOf(m_train.path("once/output.txt")).count("trained numbers"), 1);
        QVERIFY(!TrainFixture::contentOf(m_train.path("once/output.txt")).contains("in the background"));

        const auto four =
            shell(u"for i in 1 2 3 4; do %1 train job.json --run four --detach >said$i 2>&1 & done; wait; "
                  "cat said1 said2 said3 said4"_s.arg(program()));
        QVERIFY2(four.out.count("Training in the background") == 1, four.out);
        QTRY_VERIFY_WITH_TIMEOUT(m_train.written("four") == "finished", 60000 * slowness);
    }

    void writesThroughNoLinks()
    {
        fs::create_directories(m_train.path("linked"));
        m_train.write("precious.txt", "mine");
        fs::create_symlink(m_train.path("precious.txt"), m_train.path("linked/metrics.jsonl"));
        const auto result = m_train.run({u"train"_s, u"job.json"_s, u"--run"_s, u"linked"_s});
        QCOMPARE(result.code, 3);
        QVERIFY2(result.err.contains("is a link"), result.err);
        fs::create_directories(m_train.path("planted"));
        fs::create_symlink(m_train.path("precious.txt"), m_train.path("planted/output.txt"));
        const auto detached = m_train.run({u"train"_s, u"job.json"_s, u"--run"_s, u"planted"_s, u"--detach"_s});
        QVERIFY2(detached.code == 3 && detached.err.contains("output.txt is a link"), detached.err);
        QCOMPARE(TrainFixture::contentOf(m_train.path("precious.txt")), QByteArray("mine"));
    }

    /// Where the model is to be written is tried before any work; a link that leads nowhere gives way to the file.
    void outputsAreTriedFirst()
    {
        {
            const auto process = m_train.start({u"train"_s, u"job.json"_s, u"--run"_s, u"looped"_s});
            QVERIFY(m_train.waitForStep("looped", 3));
            process->terminate();
            QVERIFY(process->waitForFinished(30000 * slowness));
        }
        const auto file = m_train.path("looped/model/adapter/icae.safetensors");
        const auto resume = [&] { return m_train.run({u"train"_s, u"--resume"_s, u"looped"_s}); };
        const auto before = m_train.metrics("looped");
        fs::remove(file);
        fs::create_directory(file);
        const auto refused = resume();
        QVERIFY2(refused.code == 3 && refused.err.contains("icae.safetensors"), refused.err);
        QCOMPARE(m_train.metrics("looped"), before);
        fs::remove(file);
        fs::create_symlink("other", file);
        fs::create_symlink("icae.safetensors", file.parent_path() / "other");
        const auto result = resume();
        QVERIFY2(result.code == 0, result.err);
        QVERIFY(fs::is_regular_file(fs::symlink_status(file)));
    }

    /// A stop within a step of many batches is heard before the next one; what is resumed is what an unbroken run does.
    void stopsWithinAStep()
    {
        auto job = TrainFixture::job();
        job["accumulate"] = 4000;
        job["stop"]["steps"] = 2;
        m_train.writeJob("long.json", job);
        const auto process = m_train.start({u"train"_s, u"long.json"_s, u"--run"_s, u"within"_s});
        QTRY_VERIFY_WITH_TIMEOUT(m_train.written("within") == "running", 30000 * slowness);
        QTest::qWait(500);
        const auto timer = TrainFixture::started();
        process->terminate();
        QVERIFY(process->waitForFinished(30000 * slowness));
        QVERIFY(timer.elapsed() < 5000 * slowness);
        QCOMPARE(process->exitCode(), 0);
        const auto status = m_train.listed("within");
        QCOMPARE(status["state"], "stopped");
        QCOMPARE(status["step"], 0);
    }

    void changedInputsAreRefusedOrNoted()
    {
        m_train.write("mine.txt", ModelFixture::text(40));
        auto job = TrainFixture::job();
        job["data"]["texts"] = {"mine.txt"};
        job["stop"]["steps"] = 4;
        m_train.writeJob("mine.json", job);
        QCOMPARE(m_train.run({u"train"_s, u"mine.json"_s, u"--run"_s, u"pinned"_s}).code, 0);
        auto config = nlohmann::json::parse(TrainFixture::contentOf(m_train.path("pinned/config.json")).toStdString());
        config["stop"]["steps"] = 6;
        m_train.writeJob("pinned/config.json", config); // to go on is no change
        QCOMPARE(m_train.run({u"train"_s, u"--resume"_s, u"pinned"_s}).code, 0);
        m_train.write("mine.txt", ModelFixture::text(41));
        config["stop"]["steps"] = 8;
        config["optimizer"]["learning_rate"] = 1e-4;
        m_train.writeJob("pinned/config.json", config);
        const auto refused = m_train.run({u"train"_s, u"--resume"_s, u"pinned"_s});
        QCOMPARE(refused.code, 3);
        QVERIFY2(refused.err.contains("config.json, data.texts 1") && refused.err.contains("--accept-changes"),
                 refused.err);
        QCOMPARE(m_train.run({u"train"_s, u"--resume"_s, u"pinned"_s, u"--accept-changes"_s}).code, 0);
        QVERIFY(TrainFixture::contentOf(m_train.path("pinned/inputs.json")).contains("data.texts 1"));
        QVERIFY(TrainFixture::contentOf(m_train.path("pinned/log.txt")).contains("Accepted: data.texts 1"));
    }

    void movedRunsAreResumed()
    {
        fs::create_directories(m_train.path("project/data"));
        m_train.write("project/data/train.txt", ModelFixture::text(40));
        auto job = TrainFixture::job();
        job["base"] = "../base";
        job["data"] = {{"texts", {"data/train.txt"}}};
        job["mixture"] = {{"ae", 1}};
        job.erase("evaluate");
        job["stop"]["steps"] = 4;
        m_train.writeJob("project/job.json", job);
        QCOMPARE(m_train.run({u"train"_s, u"project/job.json"_s, u"--run"_s, u"project/run"_s}).code, 0);
        fs::copy(m_train.path("project"), m_train.path("copied"), fs::copy_options::recursive);
        fs::rename(m_train.path("project"), m_train.path("moved"));
        const auto further = [&](const char* run, int steps) {
            auto config = nlohmann::json::parse(
                TrainFixture::contentOf(m_train.path(run + std::string("/config.json"))).toStdString());
            config["stop"]["steps"] = steps;
            m_train.writeJob(run + std::string("/config.json"), config);
        };
        // A copy reads its own files, also where the original's are others by now.
        m_train.write("moved/data/train.txt", ModelFixture::text(39));
        further("copied/run", 5);
        const auto copied = m_train.run({u"train"_s, u"--resume"_s, u"copied/run"_s});
        QVERIFY2(copied.code == 0, copied.err);
        m_train.write("moved/data/train.txt", ModelFixture::text(40));
        further("moved/run", 5);
        const auto together = m_train.run({u"train"_s, u"--resume"_s, u"moved/run"_s});
        QVERIFY2(together.code == 0, together.err);
        fs::create_directories(m_train.path("elsewhere"));
        fs::rename(m_train.path("moved/data"), m_train.path("elsewhere/data"));
        further("moved/run", 6);
        const auto missing = m_train.run({u"train"_s, u"--resume"_s, u"moved/run"_s});
        QVERIFY2(missing.code == 3 && missing.err.contains("--resume RUN --data FOLDER"), missing.err);
        const auto named = m_train.run({u"train"_s, u"--resume"_s, u"moved/run"_s, u"--data"_s, u"elsewhere"_s});
        QVERIFY2(named.code == 0, named.err);
    }

    /// Flipped bytes on the disk: the checkpoint before is used, and that is said.
    void changedCheckpointsArePassedOver()
    {
        auto job = TrainFixture::job();
        job["stop"]["steps"] = 8;
        m_train.writeJob("flip.json", job);
        QCOMPARE(m_train.run({u"train"_s, u"flip.json"_s, u"--run"_s, u"flip"_s}).code, 0);
        const auto before = m_train.metrics("flip");
        {
            std::fstream numbers(m_train.path("flip/checkpoints/step-8/training.safetensors"),
                                 std::ios::in | std::ios::out | std::ios::binary);
            numbers.seekp(-3, std::ios::end);
            numbers.put('\x01');
        }
        const auto result = m_train.run({u"train"_s, u"--resume"_s, u"flip"_s});
        QVERIFY2(result.code == 0, result.err);
        QVERIFY2(result.err.contains("A checkpoint is damaged") && result.err.contains("of step 4"), result.err);
        QCOMPARE(m_train.metrics("flip"), before);

        // Neither is it given away with a base that its adapter was not trained on.
        const auto publish = [&](const QString& folder) {
            return m_train.run({u"runs"_s, u"publish"_s, u"flip"_s, folder});
        };
        const auto good = publish(u"good"_s);
        QVERIFY2(good.code == 0, good.err);
        {
            std::fstream weights(m_train.path("flip/checkpoints/step-8/base/model.safetensors"),
                                 std::ios::in | std::ios::out | std::ios::binary);
            weights.seekp(-1, std::ios::end);
            weights.put('\x3d');
        }
        const auto bad = publish(u"bad"_s);
        QCOMPARE(bad.code, 3);
        QVERIFY2(bad.err.contains("its adapter names another base than the one beside it"), bad.err);
        QVERIFY(!fs::exists(m_train.path("bad")));
    }

    void damagedCheckpointsAreNamed()
    {
        auto job = TrainFixture::job();
        job["stop"]["steps"] = 8;
        m_train.writeJob("eight.json", job);
        QCOMPARE(m_train.run({u"train"_s, u"eight.json"_s, u"--run"_s, u"eight"_s}).code, 0);
        fs::remove_all(m_train.path("eight/checkpoints/step-4")); // there is none before it
        m_train.write("eight/checkpoints/step-8/DONE", ""); // as earlier versions wrote it: it says nothing
        const auto refuses = [&](const char* what) {
            const auto result = m_train.run({u"train"_s, u"--resume"_s, u"eight"_s});
            QCOMPARE(result.code, 3);
            QVERIFY2(result.err.contains("checkpoint is damaged") && result.err.contains(what)
                         && result.err.contains("Delete eight/checkpoints/step-8"),
                     result.err);
        };
        const std::string position = "eight/checkpoints/step-8/position.json";
        const auto whole = nlohmann::json::parse(TrainFixture::contentOf(m_train.path(position)).toStdString());
        const auto refusesWith = [&](const char* field, const nlohmann::json& value) {
            auto json = whole;
            json[field] = value;
            m_train.writeJob(position, json);
            refuses(("\"" + std::string(field) + "\"").c_str());
        };
        refusesWith("step", INT64_MAX); // further steps would be none
        refusesWith("step", 7);
        refusesWith("tokens", INT64_MAX);
        refusesWith("pending", 1);
        refusesWith("pending", {{"ae", "x"}});
        refusesWith("pending", {{"plain", {1.5, INT64_MAX}}});
        m_train.writeJob(position, whole);
        fs::resize_file(m_train.path("eight/checkpoints/step-8/training.safetensors"), 5000);
        refuses("training.safetensors");
        fs::remove_all(m_train.path("eight/checkpoints/step-8"));
        QCOMPARE(m_train.run({u"train"_s, u"--resume"_s, u"eight"_s}).code, 0);
        QCOMPARE(m_train.state("eight"), std::string("finished"));
    }
};

QTEST_GUILESS_MAIN(TestTrainFaults)
#include "test_train_faults.moc"

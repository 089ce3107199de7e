#include "train_fixture.h"

#include <QtTest>

#include <array>
#include <cstring>
#include <map>

using namespace Qt::StringLiterals;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

/// CRC-32C bit by bit, the definition (RFC 3720, B.4), as a check on the program's table.
std::uint32_t crc32c(const QByteArray& bytes)
{
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1U) != 0 ? (crc >> 1U) ^ 0x82F63B78U : crc >> 1U;
    }
    return ~crc;
}

std::uint32_t masked(const QByteArray& bytes)
{
    const auto crc = crc32c(bytes);
    return ((crc >> 15U) | (crc << 17U)) + 0xA282EAD8U;
}

template <typename T> T valueAt(const QByteArray& bytes, qsizetype at)
{
    T value{};
    std::memcpy(&value, bytes.constData() + at, sizeof value);
    return value;
}

/// Reads a protocol buffer message: field number → last value, as bytes or number.
class Message {
public:
    explicit Message(const QByteArray& bytes)
    {
        for (qsizetype at = 0; at < bytes.size();) {
            const auto key = varint(bytes, at);
            const auto field = static_cast<int>(key >> 3U);
            switch (key & 7U) {
            case 0:
                numbers[field] = varint(bytes, at);
                break;
            case 1:
                blobs[field] = bytes.mid(at, 8);
                at += 8;
                break;
            case 2: {
                const auto size = static_cast<qsizetype>(varint(bytes, at));
                blobs[field] = bytes.mid(at, size);
                at += size;
                break;
            }
            default:
                blobs[field] = bytes.mid(at, 4);
                at += 4;
            }
        }
    }

    std::map<int, std::uint64_t> numbers;
    std::map<int, QByteArray> blobs;

private:
    static std::uint64_t varint(const QByteArray& bytes, qsizetype& at)
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; at < bytes.size(); shift += 7) {
            const auto byte = static_cast<unsigned char>(bytes[at++]);
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if (byte < 0x80U)
                break;
        }
        return value;
    }
};

/// Curve → step → value.
using Scalars = std::map<std::string, std::map<std::int64_t, float>>;

} // namespace

/// A run from its job file to its model: what it writes, what `icae runs` says of it, and that it goes on alone.
class TestTrain : public QObject {
    Q_OBJECT

    TrainFixture m_train;

    /// The records of an event file, checked; a torn one at its end is left out.
    static QList<QByteArray> recordsOf(const QByteArray& file)
    {
        QList<QByteArray> records;
        for (qsizetype at = 0; at + 12 <= file.size();) {
            const auto length = static_cast<qsizetype>(valueAt<std::uint64_t>(file, at));
            if (valueAt<std::uint32_t>(file, at + 8) != masked(file.mid(at, 8)))
                qFatal("the sum of a length is wrong");
            if (at + 12 + length + 4 > file.size())
                break;
            records.append(file.mid(at + 12, length));
            if (valueAt<std::uint32_t>(file, at + 12 + length) != masked(records.back()))
                qFatal("the sum of a record is wrong");
            at += 12 + length + 4;
        }
        return records;
    }

    /// What TensorBoard shows of a run: its files in the order of their names; a start forgets what comes after it.
    Scalars scalarsOf(const std::string& run) const
    {
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(m_train.path(run)))
            if (entry.path().filename().string().starts_with("events.out.tfevents."))
                files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        Scalars scalars;
        for (const auto& file : files) {
            const auto records = recordsOf(TrainFixture::contentOf(file));
            if (records.isEmpty() || Message(records.front()).blobs[3] != "brain.Event:2")
                qFatal("no event file");
            for (const auto& record : records) {
                Message event(record);
                const auto step = static_cast<std::int64_t>(event.numbers[2]);
                if (event.blobs.contains(7) && Message(event.blobs[7]).numbers[1] == 1)
                    for (auto& [tag, curve] : scalars)
                        curve.erase(curve.lower_bound(step), curve.end());
                if (!event.blobs.contains(5))
                    continue;
                Message value(Message(event.blobs[5]).blobs[1]);
                scalars[value.blobs[1].toStdString()][step] = valueAt<float>(value.blobs[2], 0);
            }
        }
        return scalars;
    }

    Scalars expectedScalars(const std::string& run) const
    {
        Scalars scalars;
        for (const auto& line : m_train.lines(run + "/metrics.jsonl")) {
            const auto add = [&](const std::string& tag, const Json& value) {
                scalars[tag][line["step"].get<std::int64_t>()] = static_cast<float>(value.get<double>());
            };
            for (const auto* name : {"loss", "learning_rate", "gradient_norm", "tokens_per_s"})
                if (line.contains(name))
                    add(name, line[name]);
            if (line.contains("losses"))
                for (const auto& [name, value] : line["losses"].items())
                    add("loss/" + name, value);
            if (line.contains("validation"))
                for (const auto& [name, value] : line["validation"].items())
                    add("validation/" + name, value);
        }
        return scalars;
    }

    static QString program() { return QStringLiteral(ICAE_PROGRAM); }

private Q_SLOTS:
    void initTestCase()
    {
        m_train.writeJob("job.json", TrainFixture::job());
        const auto result = m_train.run({u"train"_s, u"job.json"_s, u"--run"_s, u"runs/whole"_s, u"--json"_s});
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(result.json()["state"], "finished");
        QCOMPARE(result.json()["step"], 30);
    }

    void theRunDirectoryIsWhole()
    {
        for (const auto* file : {"config.json", "metrics.jsonl", "samples.jsonl", "status.json", "log.txt",
                                 "checkpoints/step-30/DONE", "model/base/config.json", "model/base/tokenizer.model",
                                 "model/base/model.safetensors", "model/adapter/icae_config.json"})
            QVERIFY2(fs::exists(m_train.path(std::string("runs/whole/") + file)), file);
        const auto info = m_train.run({u"info"_s, u"runs/whole/model/adapter"_s, u"--json"_s});
        QVERIFY2(info.code == 0, info.err);
        QCOMPARE(info.json()["adapters"][0]["trained"], (nlohmann::json{"ae", "lm", "ft"})); // its mixture
        QVERIFY(m_train.run({u"info"_s, u"runs/whole/model/adapter"_s}).out.contains("trained with   ae, lm, ft\n"));
        QVERIFY(m_train.run({u"info"_s, u"reconstruct"_s}).out.contains("trained with   unknown\n"));
        const auto log = TrainFixture::contentOf(m_train.path("runs/whole/log.txt"));
        QVERIFY2(log.contains("The job is done."), log);
    }

    void theListHasEveryField()
    {
        const auto status = m_train.listed("runs/whole");
        QCOMPARE(status["run"], "runs/whole");
        QCOMPARE(status["state"], "finished");
        QCOMPARE(status["stage"], "midtrain");
        QCOMPARE(status["step"], 30);
        QCOMPARE(status["steps"], 30);
        QCOMPARE(status["progress"], 1.0);
        QCOMPARE(status["seconds_left"], 0.0);
        QVERIFY(status["seconds"] > 0);
        QVERIFY(status["tokens_per_s"] > 0);
        QVERIFY(status["device"].get<std::string>().starts_with("CPU"));
        const auto lines = m_train.lines("runs/whole/metrics.jsonl");
        QCOMPARE(status["loss"], lines[lines.size() - 2]["loss"]);
        // The watched value: last and best of the evaluations, and where the best was.
        double best = 1e9;
        std::int64_t bestStep = 0;
        double last = 0;
        for (const auto& line : lines)
            if (line.contains("validation")) {
                last = line["validation"]["loss 32/8"];
                if (last < best) {
                    best = last;
                    bestStep = line["step"];
                }
            }
        QCOMPARE(status["watched"]["name"], "loss of autoencoding");
        QCOMPARE(status["watched"]["last"], last);
        QCOMPARE(status["watched"]["best"], best);
        QCOMPARE(status["watched"]["best_step"], bestStep);

        const auto table = m_train.run({u"runs"_s, u"runs"_s});
        QCOMPARE(table.code, 0);
        const auto rows = table.out.split('\n');
        for (const auto* column : {"state", "stage", "step", "loss", "last / best", "tokens/s", "left", "run"})
            QVERIFY2(rows[0].contains(column), rows[0]);
        for (const auto& value : {QByteArray("finished"), QByteArray("midtrain"), QByteArray("30 / 30"),
                                  QByteArray::number(last, 'f', 4) + " / " + QByteArray::number(best, 'f', 4),
                                  QByteArray("0:00:00"), QByteArray("runs/whole")})
            QVERIFY2(rows[1].contains(value), rows[1] + " lacks " + value);
        QCOMPARE(m_train.run({u"runs"_s, u"nowhere"_s}).code, 3);
        QVERIFY(m_train.run({u"runs"_s, u"cache"_s}).out.contains("no runs"));
    }

    void tensorBoardSeesTheMetrics()
    {
        const auto scalars = scalarsOf("runs/whole");
        QVERIFY(scalars.contains("loss/plain") && scalars.contains("validation/bleu 32/8"));
        QVERIFY(scalars.contains("validation/continue after slots"));
        QVERIFY(scalars.contains("validation/answer exact after slots"));
        QCOMPARE(scalars.at("loss").size(), std::size_t{10});
        QVERIFY(scalars == expectedScalars("runs/whole"));
    }

    void tensorBoardSeesAResumedRunOnce()
    {
        const auto process = m_train.start({u"train"_s, u"job.json"_s, u"--run"_s, u"resumed"_s});
        QVERIFY(m_train.waitForStep("resumed", 18));
        process->kill();
        process->waitForFinished();
        QTest::qWait(1100); // event files are told apart by the second
        QCOMPARE(m_train.run({u"train"_s, u"--resume"_s, u"resumed"_s}).code, 0);
        QVERIFY(scalarsOf("resumed") == expectedScalars("resumed"));
        QCOMPARE(m_train.metrics("resumed"), m_train.metrics("runs/whole"));
    }

    /// base → midtrain → adapter → instruct, each from the run before.
    void everyStageGoesOnFromTheLast()
    {
        const auto run = [&](const char* name, const Json& job) {
            m_train.writeJob("stage.json", job);
            const auto result =
                m_train.run({u"train"_s, u"stage.json"_s, u"--run"_s, QString::fromLatin1(name), u"--json"_s});
            QVERIFY2(result.code == 0, result.err);
        };
        const auto with = [](const Json& patch) {
            auto job = TrainFixture::job();
            job["stop"]["steps"] = 3;
            job["adapter"]["lora"]["dropout"] = 0;
            job.merge_patch(patch);
            return job;
        };
        const auto config = Json::parse(std::ifstream(m_train.path("base/config.json")));
        const auto base =
            with({{"stage", "base"},
                  {"base", nullptr},
                  {"new_base", config},
                  {"tokenizer", "tokenizer.model"},
                  {"adapter", nullptr},
                  {"ae", nullptr},
                  {"lm", nullptr},
                  {"evaluate", nullptr},
                  {"data", {{"questions", nullptr}, {"validation_texts", nullptr}, {"validation_questions", nullptr}}},
                  {"mixture", {{"ae", nullptr}, {"lm", nullptr}, {"ft", nullptr}, {"ft_text", nullptr}}}});
        run("stage1", base);
        auto again = base;
        again["init_from"] = "stage1";
        run("stage1b", again);
        run("stage2", with({{"base", "stage1b"}}));
        const Json frozen{{"stage", "adapter"},
                          {"base", "stage2"},
                          {"init_from", "stage2"},
                          {"checkpoint_activations", true},
                          {"mixture", {{"plain", nullptr}, {"ft", nullptr}, {"ft_text", nullptr}}}};
        run("stage3", with(frozen));
        run("stage4",
            with({{"stage", "instruct"},
                  {"base", "stage2"},
                  {"init_from", "stage3"},
                  {"mixture", {{"plain", nullptr}, {"ft_text", nullptr}}}}));
        QCOMPARE(m_train.metrics("stage1b").front() == m_train.metrics("stage1").front(), false);
        QVERIFY(fs::exists(m_train.path("stage4/model/adapter/icae.safetensors")));
        QVERIFY(!fs::exists(m_train.path("stage4/model/base"))); // a frozen base stays where it is
        const auto read = m_train.run({u"reconstruct"_s, u"text.txt"_s, u"--model"_s, u"stage2/model/base"_s,
                                       u"--adapter"_s, u"stage4/model/adapter"_s, u"--json"_s});
        QVERIFY2(read.code == 0, read.err);
    }

    /// What ends a text stands beside the weights, and goes with them.
    void exportedBasesKeepTheirGenerationConfig()
    {
        fs::create_directories(m_train.path("ending"));
        for (const auto* name : {"config.json", "model.safetensors", "tokenizer.model"})
            m_train.copy(m_train.path("base") / name, std::string("ending/") + name);
        m_train.write("ending/generation_config.json", R"({"eos_token_id": [2, 5]})");
        auto job = TrainFixture::job();
        job["base"] = "ending";
        job["stop"]["steps"] = 2;
        m_train.writeJob("ending.json", job);
        const auto result = m_train.run({u"train"_s, u"ending.json"_s, u"--run"_s, u"ended"_s});
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(m_train.run({u"runs"_s, u"publish"_s, u"ended"_s, u"given"_s}).code, 0);
        for (const auto* base : {"ended/model/base", "given/base"}) {
            QCOMPARE(TrainFixture::contentOf(m_train.path(base) / "generation_config.json"),
                     TrainFixture::contentOf(m_train.path("ending/generation_config.json")));
            const auto info = m_train.run({u"info"_s, QString::fromUtf8(base), u"--json"_s}).json();
            QCOMPARE(info["base"]["ends_with"].size(), 2U);
        }
    }

    /// The shell that starts the job dies with its whole process group, as a terminal's processes do.
    void outlivesItsTerminal()
    {
        const auto process =
            m_train.start({u"sh"_s, u"-c"_s,
                           u"%1 train job.json --run detached --detach; kill -HUP 0; kill -KILL -$$"_s.arg(program())},
                          u"setsid"_s);
        process->waitForFinished(30000 * slowness);
        const auto said = process->readAll();
        QVERIFY2(said.contains("Training in the background"), said);
        QTRY_VERIFY_WITH_TIMEOUT(m_train.written("detached") == "finished", 60000 * slowness);
        QCOMPARE(m_train.state("detached"), std::string("finished"));
        QCOMPARE(m_train.metrics("detached"), m_train.metrics("runs/whole"));
        const auto output = TrainFixture::contentOf(m_train.path("detached/output.txt"));
        QVERIFY2(output.contains("step 30") && output.contains("\nvalidation  answer exact after nothing 0.0000  "),
                 output);
    }

    void outlivesWhoReadsItsOutput()
    {
        const auto result = m_train.run({u"-c"_s, u"%1 train job.json --run piped 2>&1 | head -n 1"_s.arg(program())},
                                        {}, u"/bin/sh"_s);
        QVERIFY2(result.out.count('\n') == 1, result.out);
        QTRY_VERIFY_WITH_TIMEOUT(m_train.written("piped") == "finished", 60000 * slowness);
    }

    /// Of a job this small most is what the process loads before it reads the job, and a cache that is made anew.
    void estimatesTheWholeCommand()
    {
        auto job = TrainFixture::job();
        job["stop"] = {{"steps", 4}};
        job["every"] = {{"evaluate", 3}, {"checkpoint", 100}};
        m_train.writeJob("short.json", job);
        auto clock = TrainFixture::started();
        const auto trained = m_train.run({u"train"_s, u"short.json"_s, u"--run"_s, u"runs/short"_s});
        QVERIFY2(trained.code == 0, trained.err);
        const auto truth = static_cast<double>(clock.elapsed()) / 1000;
        m_train.write("again.txt", TrainFixture::text(70));
        job["data"]["texts"] = {"again.txt"}; // which is in no cache
        m_train.writeJob("short.json", job);
        const auto before = m_train.files();
        clock.start();
        const auto measured = m_train.run({u"train"_s, u"short.json"_s, u"--estimate"_s, u"--json"_s});
        QVERIFY2(measured.code == 0, measured.err);
        const auto most = static_cast<double>(clock.elapsed()) / 1000;
        const auto seconds = measured.json()["seconds"].get<double>();
        QVERIFY2(seconds > truth / 3 && seconds < truth * 3, qPrintable(u"%1 s for %2 s"_s.arg(seconds).arg(truth)));
        QVERIFY(seconds < most); // nothing was counted that was not done: each of two evaluations, of a process's start
        const auto after = m_train.files();
        QCOMPARE(after, before + 1); // tokenised texts stay, and nothing else
        const auto said = m_train.run({u"train"_s, u"short.json"_s, u"--estimate"_s});
        QVERIFY2(said.out.contains(" min from start to end; a step "), said.out);
        QCOMPARE(m_train.files(), after);
    }

    void preparesTheCacheAlone()
    {
        const auto before = m_train.files();
        const auto result = m_train.run({u"train"_s, u"job.json"_s, u"--prepare"_s});
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(m_train.files(), before); // the cache is there already
    }
};

QTEST_GUILESS_MAIN(TestTrain)
#include "test_train.moc"

#include "train_fixture.h"

#include <cmath>
#include <csignal>
#include <map>
#include <set>

using namespace Qt::StringLiterals;
using Json = nlohmann::json;

/// Studies as runs, on a small model: every kind, stopping and resuming, and what is wrong with a spec.
class TestStudy : public QObject {
    Q_OBJECT

    TrainFixture m_fixture;

    static Json spec(const char* kind)
    {
        return {{"kind", kind},
                {"models", Json::array({{{"base", "base"}, {"adapter", "reconstruct"}, {"name", "tiny"}}})},
                {"texts", {"val.jsonl"}},
                {"windows", 3},
                {"device", "cpu"}};
    }

    RunResult study(const std::string& run, const Json& json) const
    {
        m_fixture.write(run + ".json", QByteArray::fromStdString(json.dump(1)));
        return m_fixture.run(
            {u"study"_s, QString::fromStdString(run + ".json"), u"--run"_s, QString::fromStdString(run)});
    }

    RunResult resume(const std::string& run) const
    {
        return m_fixture.run({u"study"_s, u"--run"_s, QString::fromStdString(run), u"--resume"_s});
    }

    /// cells.jsonl without what depends on the clock.
    std::vector<std::string> cells(const std::string& run) const
    {
        std::vector<std::string> all;
        for (auto line : m_fixture.lines(run + "/cells.jsonl")) {
            for (const auto* timed : {"seconds", "compress_seconds", "prefill_seconds", "decode_seconds", "peak_bytes"})
                line.erase(timed);
            all.push_back(line.dump());
        }
        return all;
    }

    void refuses(const Json& json, const char* field, const char* why) const
    {
        const auto result = study("refused", json);
        QCOMPARE(result.code, 3);
        QVERIFY2(result.err.contains(field), result.err);
        QVERIFY2(result.err.contains(why), result.err);
        QVERIFY(!std::filesystem::exists(m_fixture.path("refused")));
    }

private Q_SLOTS:
    void initTestCase()
    {
        QByteArray rows;
        for (int i = 0; i < 4; ++i)
            rows += QByteArray::fromStdString(Json{{"text", TrainFixture::text(20 + i).toStdString()}}.dump()) + "\n";
        m_fixture.write("val.jsonl", rows);
    }

    void everyKind_data()
    {
        QTest::addColumn<QByteArray>("fields");
        QTest::addColumn<int>("samples");
        QTest::addColumn<QByteArray>("measure");
        QTest::newRow("length") << QByteArray(R"({"lengths": [8, 16], "slots": [2, 4]})") << 12 << QByteArray("bleu");
        QTest::newRow("slots") << QByteArray(R"({"lengths": [16], "slots": [2, 4], "spans": [1, 2]})") << 12
                               << QByteArray("em");
        QTest::newRow("content") << QByteArray(
            R"({"contents": ["normal", "patterned", "random", "shuffled", "code", "table", "numbers", "language"],
                "lengths": [16], "slots": [4]})")
                                 << 24 << QByteArray("loss");
        QTest::newRow("continuation") << QByteArray(R"({"lengths": [16], "spans": [1, 2], "slots": [4], "tokens": 8})")
                                      << 24 << QByteArray("loss");
        QTest::newRow("models") << QByteArray(
            R"({"models": [{"base": "base", "adapter": "reconstruct", "name": "a"},
                           {"base": "base", "adapter": "reconstruct", "name": "b"}],
                "lengths": [16], "slots": [4]})")
                                << 6 << QByteArray("loss_per_byte");
        QTest::newRow("latency") << QByteArray(R"({"lengths": [16], "slots": [4], "batches": [1, 2], "tokens": 4})")
                                 << 12 << QByteArray("decode_seconds");
        QTest::newRow("questions") << QByteArray(R"({"questions": "questions.jsonl", "texts": null})") << 9
                                   << QByteArray("f1");
        QTest::newRow("position") << QByteArray(R"({"lengths": [16], "slots": [4]})") << 3 << QByteArray("loss");
    }

    void everyKind()
    {
        QFETCH(const QByteArray, fields);
        QFETCH(const int, samples);
        QFETCH(const QByteArray, measure);
        const std::string kind = QTest::currentDataTag();
        auto json = spec(kind.c_str());
        json.merge_patch(Json::parse(fields.toStdString()));
        const auto result = study(kind, json);
        QVERIFY2(result.code == 0, result.err);
        const auto lines = m_fixture.lines(kind + "/cells.jsonl");
        QCOMPARE(lines.size(), static_cast<std::size_t>(samples));
        for (const auto& line : lines)
            QVERIFY2(line[measure.toStdString()].is_number() || line["cell"]["context"] == "text", line.dump().c_str());
        const auto listed = m_fixture.listed(kind);
        QCOMPARE(std::string(listed["state"]), std::string("finished"));
        QCOMPARE(std::string(listed["kind"]), std::string("study"));
        QCOMPARE(listed["step"].get<int>(), samples);
        const std::vector<const char*> formats{"csv", "json", "latex"};
        for (const auto* format : kind == "length" || kind == "position" ? formats : std::vector{formats.front()}) {
            const auto exported = m_fixture.run(
                {u"study"_s, u"export"_s, QString::fromStdString(kind), u"--format"_s, QString::fromLatin1(format)});
            QVERIFY2(exported.code == 0, exported.err);
            QVERIFY(exported.out.size() > 100);
        }
        if (kind != "content" && kind != "questions" && kind != "position")
            return;
        // The same spec measures the same.
        const auto again = kind + "-again";
        QVERIFY(study(again, json).code == 0);
        QCOMPARE(cells(again), cells(kind));
    }

    void templatesAreSpecs()
    {
        for (const auto* kind :
             {"length", "slots", "content", "continuation", "models", "latency", "questions", "position"}) {
            const auto printed = m_fixture.run({u"study"_s, u"--template"_s, QString::fromLatin1(kind)});
            QCOMPARE(printed.code, 0);
            QVERIFY(Json::parse(printed.out.toStdString(), nullptr, true, true)["kind"] == kind);
        }
        QCOMPARE(m_fixture.run({u"study"_s, u"--template"_s, u"nonsense"_s}).code, 3);
    }

    void lengthIsWhatEvaluateMeasures()
    {
        auto json = spec("length");
        json.merge_patch(Json{{"lengths", {8, 16}}, {"slots", {2, 4}}});
        const auto measured = study("evaluated", json);
        QVERIFY2(measured.code == 0, measured.err);
        for (const auto& decoding : {u"drafted"_s, u"plain"_s}) {
            const auto evaluated =
                m_fixture.run({u"evaluate"_s, u"-m"_s, u"base"_s, u"-a"_s, u"reconstruct"_s, u"--texts"_s,
                               u"val.jsonl"_s, u"--lengths"_s, u"8,16"_s, u"--slots"_s, u"2,4"_s, u"--samples"_s,
                               u"3"_s, u"--raw"_s, u"raw.jsonl"_s, u"--decoding"_s, decoding});
            QVERIFY2(evaluated.code == 0, evaluated.err);
            std::map<std::string, Json> windows;
            for (const auto& line : m_fixture.lines("raw.jsonl"))
                windows[line["tokens"].dump() + " " + line["slots"].dump() + " " + line["index"].dump()] = line;
            QCOMPARE(windows.size(), 12U);
            for (const auto& sample : m_fixture.lines("evaluated/cells.jsonl")) {
                const auto& cell = sample["cell"];
                const auto& window =
                    windows.at(cell["tokens"].dump() + " " + cell["slots"].dump() + " " + sample["index"].dump());
                for (const auto* measure : {"bleu", "em", "token_accuracy", "reference"})
                    QCOMPARE(sample[measure], window[measure]);
                // Windows are rated in other batches, whose products round differently.
                QVERIFY(std::abs(sample["loss"].get<double>() - window["loss"].get<double>()) < 1e-6);
                QCOMPARE(sample["written"], window["hypothesis"]);
            }
        }
    }

    /// A job that keeps its models can be compared with itself at every evaluation.
    void whatARunKeptIsCompared()
    {
        auto job = TrainFixture::job();
        job["every"]["keep_models"] = true;
        m_fixture.writeJob("keeping.json", job);
        const auto trained = m_fixture.run({u"train"_s, u"keeping.json"_s, u"--run"_s, u"keeping"_s});
        QVERIFY2(trained.code == 0, trained.err);
        auto json = spec("models");
        json["models"] = Json::array({{{"run", "keeping"}}});
        json.merge_patch(Json{{"lengths", {16}}, {"slots", {4}}});
        const auto compared = study("kept", json);
        QVERIFY2(compared.code == 0, compared.err);
        std::set<std::int64_t> steps;
        for (const auto& sample : m_fixture.lines("kept/cells.jsonl"))
            steps.insert(sample["cell"]["step"].get<std::int64_t>());
        QCOMPARE(steps, (std::set<std::int64_t>{10, 20, 30}));
    }

    void everyCellFirst()
    {
        auto json = spec("length");
        json.merge_patch({{"lengths", {8, 16}}, {"slots", {2, 4}}});
        QCOMPARE(study("order", json).code, 0);
        const auto lines = m_fixture.lines("order/cells.jsonl");
        std::set<std::string> first;
        for (std::size_t i = 0; i < 4; ++i)
            first.insert(lines[i]["cell"].dump());
        QCOMPARE(first.size(), 4U);
    }

    void killedAndResumedIsUnbroken()
    {
        auto json = spec("length");
        json.merge_patch({{"lengths", {8, 16}}, {"slots", {2, 4, 8}}, {"windows", 12}});
        QCOMPARE(study("whole", json).code, 0);
        m_fixture.write("broken.json", QByteArray::fromStdString(json.dump()));
        const auto arguments = [](bool first) {
            return first ? QStringList{u"study"_s, u"broken.json"_s, u"--run"_s, u"broken"_s}
                         : QStringList{u"study"_s, u"--run"_s, u"broken"_s, u"--resume"_s};
        };
        for (int kills = 0; kills < 3; ++kills) {
            const auto before = m_fixture.lines("broken/cells.jsonl").size();
            const auto process = m_fixture.start(arguments(kills == 0));
            for (auto timer = TrainFixture::started(); timer.elapsed() < qint64{60000} * slowness
                 && process->state() == QProcess::Running && m_fixture.lines("broken/cells.jsonl").size() <= before;)
                QTest::qWait(2);
            process->kill();
            process->waitForFinished();
            if (m_fixture.lines("broken/cells.jsonl").size() == cells("whole").size())
                break;
            QCOMPARE(m_fixture.state("broken"), std::string("died"));
            std::ofstream(m_fixture.path("broken/cells.jsonl"), std::ios::app) << "{\"cell\": {\"mod"; // torn
        }
        const auto result = resume("broken");
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(cells("broken"), cells("whole"));
        QCOMPARE(m_fixture.state("broken"), std::string("finished"));
    }

    void damageCostsItsLine()
    {
        auto json = spec("length");
        json.merge_patch({{"lengths", {8}}, {"slots", {2}}});
        QCOMPARE(study("damaged", json).code, 0);
        auto content = TrainFixture::contentOf(m_fixture.path("damaged/cells.jsonl"));
        const auto whole = cells("damaged");
        content.replace(0, 5, "#####");
        m_fixture.write("damaged/cells.jsonl", content);
        const auto exported = m_fixture.run({u"study"_s, u"export"_s, u"damaged"_s});
        QCOMPARE(exported.code, 0);
        QVERIFY2(exported.err.contains("1 damaged lines"), exported.err);
        QCOMPARE(resume("damaged").code, 0);
        auto mended = cells("damaged");
        std::sort(mended.begin(), mended.end());
        auto expected = whole;
        std::sort(expected.begin(), expected.end());
        QCOMPARE(mended, expected);
    }

    void wrongSpecs()
    {
        const auto with = [](const Json& patch) {
            auto json = spec("length");
            json.merge_patch(patch);
            return json;
        };
        refuses(with({{"kind", "width"}}), "kind", "must be one of");
        refuses(with({{"length", {8}}}), "length", "unknown field");
        refuses(with({{"lengths", {0}}}), "lengths", "not from 1");
        refuses(with({{"lengths", {"8"}}}), "lengths", "whole number");
        refuses(with({{"lengths", {8, 8}}}), "lengths", "twice");
        refuses(with({{"lengths", {100000}}}), "lengths", "at most");
        refuses(with({{"slots", {100}}}), "slots", "at most");
        refuses(with({{"batches", {2}}}), "batches", "not used");
        refuses(with({{"questions", "questions.jsonl"}}), "questions", "not used");
        refuses(with({{"texts", {"missing.txt"}}}), "texts[0]", "no file");
        refuses(with({{"texts", {"samples/nothing"}}}), "texts[0]", "do not come with");
        refuses(with({{"models", Json::array({{{"base", "nowhere"}}})}}), "models[0]", "");
        refuses(with({{"models", Json::array({{{"base", "base"}, {"adapter", "reconstruct"}}, {{"bose", "base"}}})}}),
                "models[1].bose", "unknown field");
        refuses(with({{"windows", -1}}), "windows", "not from 1");
        refuses(with({{"seed", -1}}), "seed", "below 0");
        refuses(with({{"device", "tpu"}}), "device", "");
    }

    void textsThatAreTooShort()
    {
        m_fixture.write("short.txt", "Two words.");
        auto json = spec("length");
        json.merge_patch({{"texts", {"short.txt"}}, {"lengths", {16}}, {"slots", {2}}});
        const auto result = study("short", json);
        QCOMPARE(result.code, 3);
        QVERIFY2(result.err.contains("too short"), result.err);
        QCOMPARE(m_fixture.state("short"), std::string("failed"));
    }

    void aFullDiskKeepsWhatThereIs()
    {
        auto json = spec("length");
        json.merge_patch({{"lengths", {8, 16}}, {"slots", {2, 4}}, {"windows", 8}});
        m_fixture.write("full.json", QByteArray::fromStdString(json.dump()));
        // Files may grow to 8 KiB: as a disk that fills while the study runs.
        const auto process = m_fixture.start(
            {u"-c"_s, u"ulimit -f 8; exec "_s + QStringLiteral(ICAE_PROGRAM) + u" study full.json --run full"_s},
            u"bash"_s);
        process->waitForFinished(120000 * slowness);
        QCOMPARE(process->exitCode(), 3);
        QVERIFY(!m_fixture.lines("full/cells.jsonl").empty());
        QCOMPARE(m_fixture.state("full"), std::string("failed"));
        QCOMPARE(resume("full").code, 0);
        QCOMPARE(study("not-full", json).code, 0);
        QCOMPARE(cells("full"), cells("not-full"));
    }

    void isStoppedAndDetached()
    {
        auto json = spec("length");
        json.merge_patch({{"lengths", {8, 16}}, {"slots", {2, 4}}});
        m_fixture.write("detached.json", QByteArray::fromStdString(json.dump()));
        const auto result = m_fixture.run({u"study"_s, u"detached.json"_s, u"--run"_s, u"detached"_s, u"--detach"_s});
        QVERIFY2(result.code == 0, result.err);
        QTRY_VERIFY_WITH_TIMEOUT(m_fixture.written("detached") == "finished", 60000 * slowness);
        QCOMPARE(cells("detached").size(), 12U);
    }
};

QTEST_GUILESS_MAIN(TestStudy)
#include "test_study.moc"

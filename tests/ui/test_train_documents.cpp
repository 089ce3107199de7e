// Documents of the Train page: curves as they are logged, smoothed and laid over each other, and a job's text that is
// edited by its fields.
#include "models/curve_document.h"
#include "models/json_text.h"
#include "models/run_list_model.h"

#include <QElapsedTimer>
#include <QTest>

#include <cmath>

using namespace icae;
using namespace Qt::StringLiterals;

namespace {

constexpr auto noNumber = std::numeric_limits<double>::quiet_NaN();

std::string trainLine(int step, const std::string& loss)
{
    return "{\"step\": " + std::to_string(step) + ", \"seconds\": " + std::to_string(step / 10.0)
        + ", \"tokens\": " + std::to_string(step * 100) + ", \"learning_rate\": 0.001, \"loss\": " + loss
        + ", \"losses\": {\"ae\": " + loss + ", \"lm\": 3.5}}\n";
}

const CurvePanel* panelOf(const CurveDocument& curves, const std::string& name)
{
    for (const auto& panel : curves.panels)
        if (panel.name == name)
            return &panel;
    return nullptr;
}

} // namespace

class TestTrainDocuments : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// What takes long before the first step is not called a pause.
    void whatIsReadFirstIsNoPause()
    {
        RunInfo run;
        run.status.paused = "Hashing the base: 40 %.";
        QCOMPARE(runLine(run), u"preparing"_s);
        run.status.state = RunState::Running;
        QCOMPARE(runLine(run), u"paused"_s);
    }

    void linesBecomeCurves()
    {
        const auto first = appendLines(nullptr, u"/runs/a"_s, trainLine(50, "2.5") + trainLine(100, "null"), {});
        QCOMPARE(first->title, u"a"_s);
        const auto run = appendLines(first, u"/runs/a"_s,
                                     "{\"step\": 100, \"seconds\": 10, \"validation\": {\"loss 512/128\": 0.5, "
                                     "\"bleu 512/128\": 0.7}}\nnot JSON\n[1]\n{\"no\": \"step\"}\n"
                                     "{\"step\": 100, \"event\": \"spike\", \"sentence\": \"Loss rose.\", \"remedy\": "
                                     "\"Lower the rate.\"}\n"
                                         + trainLine(150, "2.25"),
                                     {});
        QCOMPARE(first->steps.size(), std::size_t(2)); // what was shared is not touched
        QCOMPARE(run->steps, (std::vector<std::int64_t>{50, 100, 100, 150}));
        QCOMPARE(run->damaged, 3);
        const auto& losses = run->columns.at("losses/ae");
        QCOMPARE(losses.rows, (std::vector<std::uint32_t>{0, 1, 3}));
        QCOMPARE(losses.values[0], 2.5);
        QVERIFY(std::isnan(losses.values[1])); // null is how JSON writes what is no number
        QCOMPARE(run->columns.at("validation/loss 512/128").values.front(), 0.5);
        QCOMPARE(run->tokens.back(), 15000.0);
        QVERIFY(std::isnan(run->tokens[2]));
        QCOMPARE(run->events.size(), std::size_t(1));
        QCOMPARE(run->events.front().text, u"Loss rose."_s);
        QCOMPARE(run->events.front().remedy, u"Lower the rate."_s);
        QVERIFY(run->events.front().isAlert);
        const auto foreign =
            appendLines(nullptr, u"/runs/tb"_s,
                        "{\"step\": 1, \"wall_time\": 1700000000.5, \"values\": {\"train/loss\": 2}}\n", {});
        QCOMPARE(foreign->columns.at("train/loss").values.front(), 2.0);
        QCOMPARE(foreign->times.front(), 1700000000.5);
        const auto csv = curvesAsCsv({run});
        QVERIFY(csv.find("a,losses/ae,100,10000,10,,nan\n") != std::string::npos);
        QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), std::ptrdiff_t(run->points() + 1));
        QVERIFY(withoutMetrics(run)->steps.empty());
    }

    /// A foreign run that goes on from an earlier step has forgotten what it had from there.
    void restartsForget()
    {
        const auto line = [](int step, double loss) {
            return "{\"step\": " + std::to_string(step) + ", \"values\": {\"loss\": " + std::to_string(loss) + "}}\n";
        };
        const auto first = appendLines(nullptr, u"r"_s, line(1, 3) + line(2, 2) + line(3, 1.5), {});
        const auto run = appendLines(first, u"r"_s, "{\"restart\": true, \"step\": 2}\n" + line(2, 2.5), {});
        QCOMPARE(run->columns.at("loss").values, (std::vector<double>{3, 2.5}));
        QCOMPARE(run->columns.at("loss").rows, (std::vector<std::uint32_t>{0, 3}));
        const auto none = appendLines(run, u"r"_s, "{\"restart\": true, \"step\": 0}\n" + line(0, 4), {});
        QCOMPARE(none->columns.at("loss").values, (std::vector<double>{4}));
    }

    /// Lines that are written otherwise than logs are mean the same.
    void plainLinesAndOthers()
    {
        const auto valueOf = [](const std::string& line) {
            const auto run = appendLines(nullptr, u"r"_s, line + "\n", {});
            return run->damaged > 0          ? "damaged"
                : run->columns.contains("a") ? std::to_string(run->columns.at("a").values.front())
                                             : "none";
        };
        // Not within the macros: moc takes raw texts there for their arguments.
        const std::vector<std::pair<std::string, std::string>> lines{
            {R"({"step": 1, "a": -2.5e-1})", "-0.250000"},
            {R"({ "step" :1 , "x":[1,{"y":[]}], "b":{}, "c":true, "d":"text", "a":0 })", "0.000000"},
            {"{\"step\": 1, \"b\": \"\\u00e9 \\\" é\", \"a\": 7}", "7.000000"}, // escapes
            {R"({"step": 1, "a": null})", "nan"}};
        for (const auto& [line, value] : lines)
            QCOMPARE(valueOf(line), value);
        for (const auto* bad : {R"({"step": 1, "a": 01})", R"({"step": 1, "a": 1.})", R"({"step": 1, "a": inf})",
                                R"({"step": 1, "a": 1)", R"({"step": 1, "a": 1} x)", R"({"step": 1,, "a": 1})",
                                R"({"step": 1 "a": 1})", R"({"a": 1})", R"([1])", "{\"step\": 1, \"\xff\": 1}"})
            QVERIFY2(valueOf(bad) == "damaged", bad);
    }

    void extremesOfStretches()
    {
        std::vector<double> values;
        for (int i = 0; i < 5000; ++i)
            values.push_back(i % 97 == 0 ? noNumber : std::sin(i * 0.7) * i);
        const Extremes extremes(values);
        for (const auto& [first, last] : {std::pair<std::size_t, std::size_t>{0, 5000},
                                          {0, 1},
                                          {1, 2},
                                          {15, 17},
                                          {16, 32},
                                          {3, 4999},
                                          {255, 513},
                                          {256, 512},
                                          {4990, 5000},
                                          {4990, 9000},
                                          {7, 7}}) {
            Extremes::Range range;
            for (auto i = first; i < std::min(last, values.size()); ++i)
                range.add(values[i]);
            const auto found = extremes.of(values, first, last);
            QCOMPARE(found.least, range.least);
            QCOMPARE(found.greatest, range.greatest);
            QCOMPARE(found.isEmpty(), range.isEmpty());
        }
    }

    void samplesKeepTheirTexts()
    {
        const auto run = appendLines(nullptr, u"r"_s, {},
                                     "{\"step\": 10, \"tokens\": 64, \"slots\": 16, \"bleu\": 0.5, \"em\": 0.25, "
                                     "\"loss\": 1.5, \"reference\": \"a b\", \"hypothesis\": \"a c\"}\n{}\n");
        QCOMPARE(run->samples.size(), std::size_t(1));
        QCOMPARE(run->samples.front().slots, 16);
        QCOMPARE(run->samples.front().hypothesis, std::string("a c"));
        QCOMPARE(run->damaged, 1);
        QVERIFY(withoutSamples(run)->samples.empty());
    }

    /// As TensorBoard's for equal steps; constants and NaN pass; the number of points changes nothing.
    void smoothingIsDebiased()
    {
        const std::vector<double> x{0, 1, 2, 3};
        QCOMPARE(smoothed(x, {1, 2, 3, 4}, 0), (std::vector<double>{1, 2, 3, 4}));
        QCOMPARE(smoothed(x, {3, 3, 3, 3}, 0.9), (std::vector<double>{3, 3, 3, 3}));
        const auto gap = smoothed(x, {1, noNumber, 3, 4}, 0.5);
        QCOMPARE(gap.front(), 1.0);
        QVERIFY(std::isnan(gap[1]));
        QVERIFY(gap[3] <= 4);
        // A thousand equal steps are TensorBoard's average with the same weight.
        std::vector<double> xs;
        std::vector<double> values;
        double mean = 0;
        double last = 0;
        for (int i = 0; i <= 1000; ++i) {
            xs.push_back(i);
            values.push_back(std::sin(i * 0.05) + i % 7);
            mean = mean * 0.8 + values.back() * 0.2;
            last = mean / (1 - std::pow(0.8, i + 1));
        }
        QVERIFY(std::abs(smoothed(xs, values, 0.8).back() - last) < 1e-9);
        // Ten times the points of one function: the same average.
        const auto smoothOf = [](int points) {
            std::vector<double> at;
            std::vector<double> of;
            for (int i = 0; i <= points; ++i) {
                at.push_back(static_cast<double>(i) / points);
                of.push_back(at.back() * at.back());
            }
            return smoothed(at, of, 0.99).back();
        };
        QVERIFY(std::abs(smoothOf(2000) - smoothOf(20000)) < 1e-3);
    }

    void panelsHoldWhatBelongsTogether()
    {
        std::string lines;
        for (int step = 1; step <= 200; ++step)
            lines += trainLine(step, step == 100 ? "500" : std::to_string(3.0 - step * 0.01));
        for (const auto& [step, loss] : {std::pair{50, "0.9"}, {100, "0.4"}, {150, "0.6"}})
            lines += "{\"step\": " + std::to_string(step)
                + ", \"seconds\": 1, \"validation\": {\"loss 512/128\": " + loss + "}}\n";
        const auto run = appendLines(nullptr, u"/runs/a"_s, lines, {});
        const auto one = makeCurves({run}, {});
        QCOMPARE(one->panels.front().name, std::string("losses"));
        QCOMPARE(one->panels.front().lines.size(), std::size_t(3)); // all, reconstruct, continue
        QCOMPARE(one->panels.front().above, 2); // the spike, in "all" and in "reconstruct": said, not shown
        QVERIFY(one->panels.front().greatestY < 10);
        QVERIFY(one->panels.front().lines.front().raw[99] == 500.0); // but kept
        const auto* validation = panelOf(*one, "validation loss");
        QVERIFY(validation != nullptr);
        QCOMPARE(validation->lines.front().label, u"512 → 128"_s);
        QCOMPARE(validation->lines.front().best, 1);
        QVERIFY2(one->best.contains(u"at step 100"_s), qPrintable(one->best));
        CurveOptions all;
        all.clipped = false;
        QVERIFY(makeCurves({run}, all)->panels.front().greatestY > 500);
        const auto two = makeCurves({run, appendLines(nullptr, u"/runs/b"_s, lines, {})}, {});
        QCOMPARE(two->legend.size(), std::size_t(2));
        QCOMPARE(two->panels.front().lines.size(), std::size_t(6));
        CurveOptions byTokens;
        byTokens.x = CurveAxis::Tokens;
        QCOMPARE(makeCurves({run}, byTokens)->greatestX, 20000.0);
    }

    /// Dozens of cells are one curve an objective; each stays in the CSV.
    void cellsOfAnObjectiveAreOneCurve()
    {
        const auto run =
            appendLines(nullptr, u"/runs/a"_s,
                        "{\"step\": 1, \"loss\": 2, \"losses\": {\"ae 64/16\": 1, \"ae 64/32\": 2, \"ft\": 4}}\n"
                        "{\"step\": 2, \"loss\": 2, \"losses\": {\"ae 64/32\": 3}}\n",
                        {});
        const auto curves = makeCurves({run}, {});
        QCOMPARE(curves->panels.front().lines.size(), std::size_t(3)); // all, reconstruct, answer
        QCOMPARE(curves->panels.front().lines[1].label, u"reconstruct"_s);
        QCOMPARE(curves->panels.front().lines[1].raw, (std::vector<double>{1.5, 3}));
        QVERIFY(curvesAsCsv({run}).find("a,losses/ae 64/16,1") != std::string::npos);
    }

    void onlyWhatDiffersIsListed()
    {
        const auto found = configDifferences({R"({"seed": 1, "optimizer": {"learning_rate": 1e-3}, "base": "x"})",
                                              R"({"seed": 1, /* slower */ "optimizer": {"learning_rate": 5e-4}})"});
        QCOMPARE(found.size(), std::size_t(2));
        QCOMPARE(found[0].field, u"base"_s);
        QCOMPARE(found[0].values, (QStringList{u"x"_s, QString()}));
        QCOMPARE(found[1].field, u"optimizer.learning_rate"_s);
    }

    /// Loading is what a person waits for: 10 runs of 100,000 points.
    void aMillionPointsAreReadSoon()
    {
        std::string lines;
        for (int step = 1; step <= 25000; ++step) // four curves
            lines += trainLine(step, std::to_string(3.0 - step * 1e-5));
        QElapsedTimer timer;
        timer.start();
        const auto run = appendLines(nullptr, u"/runs/a"_s, lines, {});
        QCOMPARE(run->points(), std::size_t(100000));
        qInfo("100,000 points read in %lld ms", timer.elapsed());
        timer.restart();
        const auto curves = makeCurves(std::vector<CurveRunPtr>(10, run), {});
        QCOMPARE(curves->panels.front().lines.size(), std::size_t(30));
        qInfo("10 runs of them drawn up in %lld ms", timer.elapsed());
    }

    void jobsKeepTheirComments()
    {
        JsonText job("{\n  \"stage\": \"adapter\", // what\n  \"optimizer\": { \"learning_rate\": 1e-3, // peak\n"
                     "    \"warmup\": 200 },\n  \"ae\": { \"cells\": [[64, 16], [128, 16]] /* cells */ }\n}\n");
        QVERIFY(job.isReadable());
        job.set("optimizer.learning_rate", 5e-4);
        job.set("ae.cells", nlohmann::json::parse("[[512, 128]]"));
        job.set("optimizer.clip", 0.5);
        job.set("seed", 3);
        job.set("data.texts", nlohmann::json::array({"a, b.txt"}));
        QCOMPARE(QString::fromStdString(job.text()),
                 u"{\n  \"stage\": \"adapter\", // what\n  \"optimizer\": { \"learning_rate\": 0.0005, // peak\n"
                 "    \"warmup\": 200,\n    \"clip\": 0.5 },\n"
                 "  \"ae\": { \"cells\": [[512, 128]] /* cells */ },\n  \"seed\": 3,\n"
                 "  \"data\": {\"texts\": [\"a, b.txt\"]}\n}\n"_s);
        job.set("data.questions", nlohmann::json::array());
        QCOMPARE(job.value("data.questions"), nlohmann::json::array());
        job.remove("seed");
        job.remove("data.texts");
        job.remove("optimizer.warmup");
        QVERIFY2(job.isReadable(), job.text().c_str());
        QVERIFY(!job.has("seed") && !job.has("data.texts") && job.has("data.questions"));
        job.remove("data.questions");
        job.remove("data");
        QVERIFY2(job.isReadable(), job.text().c_str());
        const auto range = job.rangeOf("ae.cells[0]");
        QCOMPARE(job.text().substr(range.begin, range.end - range.begin), std::string("[[512, 128]]"));
    }

    void textsThatAreNoObjectAreLeftAlone()
    {
        for (const auto* text : {"", "[]", "{", "{\"a\": }", "// only a comment"}) {
            JsonText job(text);
            QVERIFY(!job.isReadable());
            job.set("a", 1);
            job.remove("a");
            QCOMPARE(job.text(), std::string(text));
        }
        JsonText empty("{}");
        empty.set("a.b", "x");
        QCOMPARE(empty.value("a.b"), nlohmann::json("x"));
    }
};

QTEST_GUILESS_MAIN(TestTrainDocuments)
#include "test_train_documents.moc"

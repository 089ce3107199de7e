// What the Train page takes to read ten runs of a long training and to draw them over each other.
#include "bench_curves.h"

#include "models/curve_document.h"
#include "pages/train/train_runs.h"
#include "runs/run_directory.h"
#include "session/theme.h"
#include "watchdog.h"
#include "widgets/plot/curve_chart.h"

#include <QElapsedTimer>
#include <QEventLoop>
#include <QTemporaryDir>
#include <QWheelEvent>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <random>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int runCount = 10;
constexpr int valuesInALine = 7;

/// A run that has ended, with as many lines as a training of that many logged steps writes.
QString writeRun(const std::filesystem::path& folder, int lines, unsigned seed)
{
    const RunDirectory directory(folder, false, RunKind::Training);
    std::ofstream(folder / "config.json") << "{\"stage\": \"adapter\"}\n";
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(0, 0.1);
    std::ofstream metrics(folder / "metrics.jsonl");
    for (int i = 1; i <= lines; ++i) {
        const double loss = 0.3 + 8 / std::sqrt(1.0 + i) + std::abs(noise(random));
        metrics << nlohmann::json{{"step", i * 10},
                                  {"seconds", i * 2.5},
                                  {"tokens", i * 20480},
                                  {"learning_rate", 1e-4 * std::min(1.0, i / 300.0)},
                                  {"gradient_norm", 1 + std::abs(noise(random))},
                                  {"tokens_per_s", 8000 + 300 * noise(random)},
                                  {"peak_bytes", 3'000'000'000},
                                  {"loss", loss},
                                  {"losses", {{"ae 512/128", loss - 0.1}, {"lm 512/128", loss + 0.1}}}}
                       .dump()
                << "\n";
    }
    RunStatus status;
    status.kind = RunKind::Training;
    status.stage = "adapter";
    status.state = RunState::Finished;
    directory.status().write(status);
    return QString::fromStdString(folder.string());
}

QWidget* plotOf(CurveChart& chart)
{
    for (auto* child : chart.findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly))
        if (child->hasMouseTracking())
            return child;
    return &chart;
}

void wheel(QWidget* plot, double x, int delta)
{
    const QPointF at(plot->width() * x, plot->height() / 4.0);
    QWheelEvent event(at, plot->mapToGlobal(at), {}, {0, delta}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                      false);
    QCoreApplication::sendEvent(plot, &event);
}

void drag(QWidget* plot, int steps)
{
    QPoint at(plot->width() / 4, plot->height() / 4);
    QTest::mousePress(plot, Qt::LeftButton, {}, at);
    for (int i = 0; i < steps; ++i) {
        at += QPoint(i < steps / 2 ? 7 : -7, 0);
        // QTest::mouseMove tells of no pressed button.
        QMouseEvent move(QEvent::MouseMove, at, plot->mapToGlobal(at), Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(plot, &move);
        QTest::qWait(2);
    }
    QTest::mouseRelease(plot, Qt::LeftButton, {}, at);
}

void benchRuns(EngineClient& client, const Theme& theme, int lines, const BenchReport& report)
{
    const QTemporaryDir folder;
    QStringList names;
    for (int i = 0; i < runCount; ++i)
        names.append(writeRun(folder.filePath(u"run-%1"_s.arg(i)).toStdString(), lines, static_cast<unsigned>(i)));
    Watchdog watchdog;
    QTest::qWait(50);
    watchdog.reset();
    QElapsedTimer clock;
    clock.start();
    TrainRuns runs(client, nullptr);
    runs.setFolders({folder.path()});
    runs.setShown(names);
    const auto wanted = static_cast<std::size_t>(lines);
    const auto isRead = [&](const QString& run) {
        const auto document = runs.document(run);
        return document && document->curves && document->curves->steps.size() == wanted;
    };
    QEventLoop reading; // QTest's waiting sleeps between events
    QObject::connect(&runs, &TrainRuns::documentChanged, &reading, [&] {
        if (std::all_of(names.begin(), names.end(), isRead))
            reading.quit();
    });
    reading.exec();
    const auto read = clock.elapsed();
    std::vector<CurveRunPtr> all;
    for (const auto& name : names)
        all.push_back(runs.document(name)->curves);
    clock.start();
    auto curves = makeCurves(std::move(all), {});
    const auto made = clock.elapsed();
    const auto of = "10 runs of " + std::to_string(lines * valuesInALine / 1000) + ",000 points: ";
    report(of + "read by the engine", read);
    report(of + "curves made", made);
    report(of + "longest stall meanwhile", watchdog.longestStall() > made ? watchdog.longestStall() : 0);

    CurveChart chart(theme);
    chart.resize(1280, 700);
    chart.show();
    if (!QTest::qWaitForWindowExposed(&chart))
        return;
    QTest::qWait(50);
    watchdog.reset();
    chart.setCurves(curves);
    QTest::qWait(50);
    report(of + "longest stall when first shown", watchdog.longestStall());
    auto* plot = plotOf(chart);
    watchdog.reset();
    for (int i = 0; i < 40; ++i) {
        wheel(plot, 0.2, i < 20 ? 120 : -120);
        QTest::qWait(5);
    }
    report(of + "longest stall while zooming", watchdog.longestStall());
    for (int i = 0; i < 6; ++i)
        wheel(plot, 0.2, 120);
    QTest::qWait(100);
    watchdog.reset();
    drag(plot, 60);
    report(of + "longest stall while panning", watchdog.longestStall());
    watchdog.reset();
    for (int i = 0; i < 200; ++i) {
        QTest::mouseMove(plot, QPoint(60 + i * 3, 30 + i * 7 % (plot->height() / 2)));
        QTest::qWait(2);
    }
    report(of + "longest stall while hovering", watchdog.longestStall());
}

} // namespace

void benchCurves(EngineClient& client, const Theme& theme, const BenchReport& report)
{
    constexpr int pointsOfARun = 100'000;
    benchRuns(client, theme, pointsOfARun / valuesInALine + 1, report);
    benchRuns(client, theme, pointsOfARun, report); // of each curve
}

} // namespace icae

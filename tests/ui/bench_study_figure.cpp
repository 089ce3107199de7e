// Prints how long the window stands still while a figure of 10,000 samples and five studies is hovered over, zoomed
// into and receives cells. Build bench_study_figure and run it by hand: machines differ, so nothing here passes or
// fails.
#include "models/figure_document.h"
#include "study_samples.h"
#include "watchdog.h"
#include "widgets/plot/study_figure.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QtConcurrent>
#include <QtTest>

#include <cstdio>

using namespace icae;

namespace {

constexpr int studyCount = 5;
constexpr int windows = 125; // × 16 cells × 5 studies: 10,000 samples, and as many dots in each of three panels

void report(const char* what, qint64 milliseconds)
{
    std::printf("%-44s %6lld ms\n", what, static_cast<long long>(milliseconds));
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv)
{
    const QApplication application(argc, argv);
    Theme theme;
    theme.apply();
    std::vector<StudyDocumentPtr> studies;
    for (int i = 0; i < studyCount; ++i)
        studies.push_back(makeStudyDocument(QStringLiteral("/runs/study-%1").arg(i),
                                            StudySamples::config(StudyKind::Length), StudySamples::grid(windows)));
    QElapsedTimer clock;
    clock.start();
    auto figure = makeFigure(studies, {});
    report("figure made, off the main thread", clock.elapsed());
    StudyFigure view(theme);
    view.resize(1280, 600);
    view.show();
    if (!QTest::qWaitForWindowExposed(&view))
        return 1;
    Watchdog watchdog;
    QTest::qWait(50);
    watchdog.reset();
    view.setFigure(figure);
    QTest::qWait(50);
    report("longest stall when first shown", watchdog.longestStall());

    QWidget* plot = nullptr;
    for (auto* child : view.findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly))
        if (child->hasMouseTracking())
            plot = child;
    watchdog.reset();
    for (int i = 0; i < 300; ++i) {
        QTest::mouseMove(plot, QPoint(20 + i * 4, 40 + i * 11 % (plot->height() - 80)));
        QTest::qWait(2);
    }
    report("longest stall while hovering", watchdog.longestStall());

    watchdog.reset();
    const auto wheel = [&](int delta) {
        const QPointF at(plot->width() / 6.0, plot->height() / 2.0);
        QWheelEvent event(at, plot->mapToGlobal(at), {}, {0, delta}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                          false);
        QCoreApplication::sendEvent(plot, &event);
        QTest::qWait(5);
    };
    for (int i = 0; i < 40; ++i)
        wheel(i < 20 ? 120 : -120);
    report("longest stall while zooming", watchdog.longestStall());

    watchdog.reset();
    qint64 made = 0;
    for (int i = 0; i < 40; ++i) {
        const auto cell = StudySamples::cell(64 << (i % 4), 16 << (i / 4 % 4));
        std::vector<StudySample> more;
        for (int k = 0; k < 8; ++k)
            more.push_back(StudySamples::sample(cell, windows + i * 8 + k));
        auto working = QtConcurrent::run([&, more] {
            QElapsedTimer time;
            time.start();
            studies[0] = appendSamples(*studies[0], studies[0]->config, more);
            auto next = makeFigure(studies, {});
            made = std::max(made, time.elapsed());
            return next;
        });
        while (!working.isFinished()) {
            QTest::mouseMove(plot, QPoint(20 + i * 8, 60 + i * 5));
            QTest::qWait(2);
        }
        view.setFigure(working.result());
        QTest::qWait(5);
    }
    report("longest stall while cells arrive", watchdog.longestStall());
    report("a figure with further cells, off the thread", made);
    return 0;
}

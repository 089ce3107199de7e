#include "models/curve_document.h"
#include "session/theme.h"
#include "widgets/plot/column_image.h"
#include "widgets/plot/curve_chart.h"
#include "widgets/plot/curve_paths.h"
#include "widgets/plot/curve_plot.h"

#include <QFontMetricsF>
#include <QImage>
#include <QPainter>
#include <QSignalSpy>
#include <QWheelEvent>
#include <QtTest>

#include <cmath>
#include <map>
#include <random>

using namespace icae;
using namespace Qt::StringLiterals;
using namespace std::string_literals;

namespace {

/// A run's lines, with a spike here and there and stretches that are no numbers.
std::string manyLines(int count, unsigned seed)
{
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> noise(0, 1);
    std::string lines;
    for (int i = 1; i <= count; ++i) {
        auto value = std::to_string(0.2 + 4 / std::sqrt(i) + noise(random) * 0.2 + (noise(random) > 0.999 ? 5 : 0));
        if (i % 9000 > 8600)
            value = "null";
        lines += "{\"step\": " + std::to_string(i) + ", \"loss\": " + value + ", \"learning_rate\": 0.001}\n";
    }
    return lines;
}

/// As above, with one value that stands out.
CurveDocumentPtr curvesWithSpike(int count, int at, const CurveOptions& options)
{
    std::string lines;
    for (int i = 1; i <= count; ++i)
        lines += "{\"step\": " + std::to_string(i) + ", \"loss\": "
            + (i == at          ? "7.5"
                   : i % 2 == 0 ? "2.4"
                                : "2.6")
            + "}\n";
    return makeCurves({appendLines(nullptr, u"/runs/a"_s, lines, {})}, options);
}

/// Least and greatest pixel of what falls on each column.
using Columns = std::map<int, Extremes::Range>;

Columns columnsOf(const std::vector<QPolygonF>& paths, const CurveView& view, double columns)
{
    Columns found;
    for (const auto& path : paths)
        for (const auto& point : path)
            found[static_cast<int>(std::floor((point.x() - view.area.left()) * columns))].add(point.y());
    return found;
}

/// The same from each of a line's points.
Columns columnsOf(const CurveLine& line, const std::vector<double>& values, const CurveView& view, double columns)
{
    Columns found;
    for (std::size_t i = 0; i < line.x.size(); ++i)
        if (const double y = view.y.pixelOf(values[i]); std::isfinite(y))
            found[static_cast<int>(std::floor((view.x.pixelOf(line.x[i]) - view.area.left()) * columns))].add(
                std::clamp(y, view.area.top() - 1.0, view.area.bottom() + 1.0));
    return found;
}

} // namespace

/// Curves of many points: nothing of what was logged is lost on the way to the screen, and it is drawn once.
class TestCurvePlot : public QObject {
    Q_OBJECT

    Theme m_theme;

    QCustomPlot m_plot; ///< whose axes are looked at
    QCPAxisRect* m_rect = m_plot.axisRect();

    CurveView view(double least, double greatest, bool logarithmic)
    {
        auto* x = m_rect->axis(QCPAxis::atBottom);
        auto* y = m_rect->axis(QCPAxis::atLeft);
        m_plot.resize(500, 300);
        x->setRange(least, greatest);
        y->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
        y->setRange(0.3, 6);
        m_plot.replot();
        return {m_rect->rect(), PixelScale(*x), PixelScale(*y)};
    }

private Q_SLOTS:
    void initTestCase() { m_theme.apply(); }

    void scalesAreTheAxes()
    {
        for (const bool logarithmic : {false, true}) {
            const auto seen = view(-10, 35, logarithmic);
            const auto* x = m_rect->axis(QCPAxis::atBottom);
            const auto* y = m_rect->axis(QCPAxis::atLeft);
            for (const double value : {0.01, 0.3, 1.0, 2.5, 6.0, 40.0}) {
                QVERIFY(std::abs(seen.x.pixelOf(value) - x->coordToPixel(value)) < 1e-6);
                QVERIFY(std::abs(seen.y.pixelOf(value) - y->coordToPixel(value)) < 1e-6);
                QVERIFY(std::abs(seen.x.valueAt(seen.x.pixelOf(value)) - value) < 1e-9);
                QVERIFY(std::abs(seen.y.valueAt(seen.y.pixelOf(value)) - value) < 1e-9);
            }
        }
    }

    /// A logarithmic axis has no place for 0: it lies out of sight, where a line can still come from.
    void zeroLiesBeforeALogarithmicAxis()
    {
        auto* x = m_rect->axis(QCPAxis::atBottom);
        x->setScaleType(QCPAxis::stLogarithmic);
        const auto seen = view(1, 1000, true);
        for (const double value : {0.0, -5.0}) {
            const auto pixel = seen.x.pixelOf(value);
            QVERIFY(std::isfinite(pixel) && pixel < seen.area.left());
        }
        const auto curves = makeCurves(
            {appendLines(nullptr, u"/runs/a"_s, "{\"step\": 0, \"loss\": 3}\n{\"step\": 10, \"loss\": 2}\n", {})}, {});
        const auto paths = linePaths(curves->panels.front().lines.front(), seen);
        QCOMPARE(paths.size(), std::size_t{1});
        for (const auto& point : paths.front())
            QVERIFY(std::isfinite(point.x()) && std::isfinite(point.y()));
        x->setScaleType(QCPAxis::stLinear);
    }

    /// Where few points fall on a column of a small panel, none of them is dropped either.
    void fewPointsKeepTheirSpikes()
    {
        constexpr int spike = 1'000;
        CurveOptions options;
        options.smoothing = 0;
        const auto curves = curvesWithSpike(1'900, spike, options);
        view(1, 1'900, false);
        m_plot.resize(250, 300);
        m_plot.replot();
        const CurveView seen{m_rect->rect(), PixelScale(*m_rect->axis(QCPAxis::atBottom)),
                             PixelScale(*m_rect->axis(QCPAxis::atLeft))};
        double top = seen.area.bottom();
        for (const auto& path : linePaths(curves->panels.front().lines.front(), seen))
            for (const auto& point : path)
                top = std::min(top, point.y());
        QVERIFY(top <= seen.y.pixelOf(5.9)); // the spike of 7.5 reaches beyond what is in sight
    }

    /// However far one has zoomed in: a column reaches from its least to its greatest value.
    void columnsKeepTheirExtremes()
    {
        constexpr int count = 60'000;
        const auto curves = makeCurves({appendLines(nullptr, u"/runs/a"_s, manyLines(count, 1), {})}, {});
        const auto& line = curves->panels.front().lines.front();
        QVERIFY(line.isSmoothed);
        for (const auto& [least, greatest] : {std::pair<double, double>{1, count},
                                              {-5000, count + 5000.0},
                                              {12'345.6, 17'890.1},
                                              {8'500, 9'100},
                                              {30'000, 30'050},
                                              {count - 2, count + 100.0},
                                              {count + 5, count + 10.0}})
            for (const bool logarithmic : {false, true})
                for (const double columns : {1.0, 2.0}) {
                    const auto seen = view(least, greatest, logarithmic);
                    const auto drawn = columnsOf(ghostPaths(line, seen, columns), seen, columns);
                    const auto all = columnsOf(line, line.raw, seen, columns);
                    const auto last = static_cast<int>(seen.area.width() * columns);
                    for (int column = 0; column < last; ++column) {
                        const auto expected = all.find(column);
                        const auto found = drawn.find(column);
                        if (found == drawn.end() && expected != all.end()) // alone between two gaps
                            QCOMPARE(expected->second.least, expected->second.greatest);
                        if (found == drawn.end() || expected == all.end()) {
                            QVERIFY(found == drawn.end());
                            continue;
                        }
                        QVERIFY(std::abs(found->second.least - expected->second.least) < 1e-6);
                        QVERIFY(std::abs(found->second.greatest - expected->second.greatest) < 1e-6);
                    }
                }
    }

    /// Lines leave out what nobody could see: less than the width of a pen.
    void linesKeepThemToAPixel()
    {
        constexpr int count = 60'000;
        auto options = CurveOptions();
        options.smoothing = 0;
        const auto curves = makeCurves({appendLines(nullptr, u"/runs/a"_s, manyLines(count, 2), {})}, options);
        const auto& line = curves->panels.front().lines.front();
        QVERIFY(!line.isSmoothed);
        for (const auto& [least, greatest] : {std::pair<double, double>{1, count}, {20'000, 24'000}}) {
            const auto seen = view(least, greatest, false);
            const auto drawn = columnsOf(linePaths(line, seen), seen, 1);
            const auto all = columnsOf(line, line.raw, seen, 1);
            for (int column = 1; column < seen.area.width() - 1; ++column) {
                const auto expected = all.find(column);
                if (expected == all.end() || expected->second.greatest - expected->second.least <= 2)
                    continue;
                const auto found = drawn.find(column);
                QVERIFY(found != drawn.end());
                const double top = std::max(found->second.least, seen.area.top() - 1.0);
                const double bottom = std::min(found->second.greatest, seen.area.bottom() + 1.0);
                QVERIFY(top <= expected->second.least + 1.25);
                QVERIFY(bottom >= expected->second.greatest - 1.25);
            }
        }
    }

    void whatIsAppendedIsAsReadAtOnce()
    {
        const auto lines = manyLines(20'000, 3);
        const auto whole = makeCurves({appendLines(nullptr, u"/runs/a"_s, lines, {})}, {});
        CurveRunPtr grown;
        for (std::size_t at = 0; at < lines.size();) {
            const auto end = std::min(lines.find('\n', at + 7'777), lines.size() - 1) + 1;
            grown = appendLines(grown, u"/runs/a"_s, lines.substr(at, end - at), {});
            at = end;
        }
        const auto pieces = makeCurves({grown}, {});
        QCOMPARE(pieces->panels.size(), whole->panels.size());
        const auto isSame = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
        for (std::size_t i = 0; i < whole->panels.size(); ++i) {
            QCOMPARE(pieces->panels[i].leastY, whole->panels[i].leastY);
            QCOMPARE(pieces->panels[i].greatestY, whole->panels[i].greatestY);
            QCOMPARE(pieces->panels[i].lines.size(), whole->panels[i].lines.size());
            for (std::size_t j = 0; j < whole->panels[i].lines.size(); ++j) {
                const auto& one = pieces->panels[i].lines[j];
                const auto& other = whole->panels[i].lines[j];
                QCOMPARE(one.steps, other.steps);
                QCOMPARE(one.x, other.x);
                QVERIFY(std::equal(one.raw.begin(), one.raw.end(), other.raw.begin(), other.raw.end(), isSame));
                QVERIFY(
                    std::equal(one.smooth.begin(), one.smooth.end(), other.smooth.begin(), other.smooth.end(), isSame));
                const auto seen = view(3'000, 17'000, false);
                QCOMPARE(ghostPaths(one, seen), ghostPaths(other, seen));
                QCOMPARE(linePaths(one, seen), linePaths(other, seen));
            }
        }
    }

    /// Each column from its first to its last row, steps between columns without a gap, and the last line on top.
    void columnsAreFilled()
    {
        const QRect area(10, 20, 8, 12);
        ColumnImage columns(area, 1);
        QVERIFY(columns.isEmpty());
        columns.add({{10.5, 21.5}, {10.5, 29.5}, {12.5, 29.5}, {14.5, 25.5}}, Qt::red);
        columns.add({{12.5, 30.5}, {12.5, 28.5}, {17.5, 28.5}, {300, 28.5}}, Qt::blue);
        QVERIFY(!columns.isEmpty());
        QImage image(30, 40, QImage::Format_RGB32);
        image.fill(Qt::white);
        {
            QPainter painter(&image);
            columns.draw(painter);
        }
        const auto at = [&](int x, int y) { return image.pixelColor(x, y); };
        QCOMPARE(at(10, 20), QColor(Qt::white));
        for (int y = 21; y <= 29; ++y)
            QCOMPARE(at(10, y), QColor(Qt::red));
        QCOMPARE(at(10, 30), QColor(Qt::white));
        QCOMPARE(at(11, 29), QColor(Qt::red));
        QCOMPARE(at(11, 28), QColor(Qt::white));
        QCOMPARE(at(13, 27), QColor(Qt::red)); // between 28.5 and 26.5
        QCOMPARE(at(14, 25), QColor(Qt::red));
        for (int y = 28; y <= 30; ++y)
            QCOMPARE(at(12, y), QColor(Qt::blue));
        QCOMPARE(at(17, 28), QColor(Qt::blue));
        QCOMPARE(at(18, 28), QColor(Qt::white)); // outside
        QCOMPARE(at(9, 29), QColor(Qt::white));
    }

    /// What a dash leaves out is flat, or shown by its ends; pens are as wide on a device of smaller pixels.
    void dashesKeepEnds()
    {
        ColumnImage columns(QRect(0, 0, 8, 10), 2);
        const QList<qreal> dots{1, 1};
        columns.add({{0, 1.2}, {4.9, 1.2}, {5.2, 1.2}, {5.2, 8.2}}, Qt::red, dots);
        QImage image(16, 20, QImage::Format_RGB32);
        image.setDevicePixelRatio(2);
        image.fill(Qt::white);
        {
            QPainter painter(&image);
            columns.draw(painter);
        }
        const auto isRed = [&](int x, int y) { return image.pixelColor(x, y) == QColor(Qt::red); };
        for (int x = 0; x < 10; ++x)
            for (int y = 0; y < 6; ++y)
                QCOMPARE(isRed(x, y), x / 2 % 2 == 0 && (y == 2 || y == 3));
        QVERIFY(isRed(10, 2) && isRed(10, 3) && !isRed(10, 4) && !isRed(10, 15) && isRed(10, 16) && isRed(10, 17));
    }

    /// A dragged panel follows the pointer, on any axis, and no further than there are values.
    void panelsFollowThePointer()
    {
        CurveChart chart(m_theme);
        chart.resize(900, 500);
        chart.setCurves(makeCurves({appendLines(nullptr, u"/runs/a"_s, manyLines(5000, 6), {})}, {}));
        chart.show();
        QVERIFY(QTest::qWaitForWindowExposed(&chart));
        auto* plot = chart.findChild<CurvePlot*>();
        auto* rect = plot->axisRects().back(); // of the losses
        auto* x = rect->axis(QCPAxis::atBottom);
        auto* y = rect->axis(QCPAxis::atLeft);
        QCOMPARE(y->scaleType(), QCPAxis::stLogarithmic);
        x->setRange(2000, 3000);
        const QPoint from = rect->rect().center();
        const auto at = [&](const QPoint& place) {
            return QPointF(x->pixelToCoord(place.x()), y->pixelToCoord(place.y()));
        };
        const auto grabbed = at(from);
        const auto move = [&](const QPoint& to) {
            QMouseEvent event(QEvent::MouseMove, to, plot->mapToGlobal(to), Qt::NoButton, Qt::LeftButton,
                              Qt::NoModifier);
            QCoreApplication::sendEvent(plot, &event);
        };
        QTest::mousePress(plot, Qt::LeftButton, {}, from);
        for (const auto& way : {QPoint(5, 0), QPoint(40, -30), QPoint(-70, 25)}) {
            move(from + way);
            QVERIFY(std::abs(at(from + way).x() - grabbed.x()) < 1e-6);
            QVERIFY(std::abs(at(from + way).y() - grabbed.y()) < 1e-9);
            QVERIFY(std::abs(x->range().size() - 1000) < 1e-6);
        }
        move(from + QPoint(30'000, 0));
        QCOMPARE(x->range().lower, 1.0);
        move(from);
        QVERIFY(std::abs(x->range().lower - 2000) < 1e-6);
        QTest::mouseRelease(plot, Qt::LeftButton, {}, from);
    }

    /// One value of a hundred thousand is seen, and the pointer says it to the digit.
    void oneSpikeIsSeenAndSaid()
    {
        constexpr int count = 100'000;
        constexpr int spike = 61'803;
        auto options = CurveOptions();
        options.clipped = false;
        CurveChart chart(m_theme);
        chart.resize(900, 500);
        chart.setCurves(curvesWithSpike(count, spike, options));
        chart.show();
        QVERIFY(QTest::qWaitForWindowExposed(&chart));
        const auto& line = chart.curves()->panels.front().lines.front();
        QVERIFY(line.isSmoothed);
        auto& plot = *chart.findChild<CurvePlot*>();
        for (const bool zoomed : {false, true}) {
            auto* x = plot.axisRect()->axis(QCPAxis::atBottom);
            if (zoomed)
                x->setRange(spike - 90, spike + 120);
            plot.replot();
            const auto image = chart.grab().toImage();
            const auto top = plot.axisRect()->axis(QCPAxis::atLeft)->coordToPixel(line.raw[spike - 1]);
            const auto across = x->coordToPixel(line.x[spike - 1]);
            const auto at = (QPointF(across, top + 3) + plot.pos()) * image.devicePixelRatio();
            bool seen = false;
            for (int away = -1; away <= 1; ++away)
                seen = seen || image.pixelColor(at.toPoint() + QPoint(away, 0)) != m_theme.color(Shade::Surface);
            QVERIFY(seen);
        }
        const auto at = (chart.positionOf(0, 0, spike - 1) - plot.pos()).toPoint();
        QTest::mouseMove(chart.findChild<CurvePlot*>(), at);
        QVERIFY2(chart.hint().contains(u"7.5"_s), qPrintable(chart.hint()));
    }

    /// What comes before there is time to draw is drawn as one.
    void manyChangesAreOnePicture()
    {
        CurveChart chart(m_theme);
        chart.resize(900, 500);
        chart.show();
        QVERIFY(QTest::qWaitForWindowExposed(&chart));
        auto* plot = chart.findChild<CurvePlot*>();
        QSignalSpy drawn(plot, &QCustomPlot::afterReplot);
        const auto one = appendLines(nullptr, u"/runs/a"_s, manyLines(500, 4), {});
        const auto other = appendLines(nullptr, u"/runs/b"_s, manyLines(500, 5), {});
        chart.setCurves(makeCurves({one, other}, {})); // with a legend, which takes room from the plot
        QCoreApplication::processEvents();
        QTRY_COMPARE(drawn.size(), 1);
        QTest::qWait(20);
        QCOMPARE(drawn.size(), 1);
        const auto before = plot->axisRect()->axis(QCPAxis::atBottom)->range().size();
        for (int i = 0; i < 5; ++i) {
            const QPointF at(200, 100);
            QWheelEvent event(at, plot->mapToGlobal(at), {}, {0, 120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                              false);
            QCoreApplication::sendEvent(plot, &event);
        }
        QVERIFY(chart.isZoomed());
        QVERIFY(plot->axisRect()->axis(QCPAxis::atBottom)->range().size() < before * 0.6);
        QTRY_COMPARE(drawn.size(), 2);
        QTest::qWait(20);
        QCOMPARE(drawn.size(), 2);
    }

    /// What changes little has labels of its own, and steps are whole.
    void tickLabelsTellTicksApart()
    {
        std::string lines;
        for (int i = 1; i <= 3; ++i)
            lines += "{\"step\": " + std::to_string(i) + ", \"loss\": " + std::to_string(4.65 + i * 0.004)
                + ", \"peak_bytes\": " + std::to_string(684'000'000 + i * 40'000) + "}\n";
        CurveChart chart(m_theme);
        chart.resize(900, 400);
        chart.setCurves(makeCurves({appendLines(nullptr, u"/runs/a"_s, lines, {})}, {}));
        chart.show();
        QVERIFY(QTest::qWaitForWindowExposed(&chart));
        const auto rects = chart.findChild<CurvePlot*>()->axisRects();
        QCOMPARE(rects.size(), 2);
        for (const auto* rect : rects) {
            for (const auto type : {QCPAxis::atBottom, QCPAxis::atLeft}) {
                auto labels = rect->axis(type)->tickVectorLabels();
                QVERIFY(labels.size() >= 2);
                QVERIFY2(labels.removeDuplicates() == 0, qPrintable(labels.join(u' ')));
            }
            const QFontMetricsF metrics(rect->axis(QCPAxis::atLeft)->tickLabelFont());
            const auto& ticks = rect->axis(QCPAxis::atLeft)->tickVector();
            for (qsizetype i = 1; i < ticks.size(); ++i)
                QVERIFY(rect->axis(QCPAxis::atLeft)->coordToPixel(ticks[i - 1])
                            - rect->axis(QCPAxis::atLeft)->coordToPixel(ticks[i])
                        >= metrics.height());
            QCOMPARE(rect->axis(QCPAxis::atBottom)->tickVectorLabels(), (QStringList{u"1"_s, u"2"_s, u"3"_s}));
        }
    }

    /// Whatever room a panel has, from its first picture on.
    void tickLabelsDoNotTouch()
    {
        std::string lines;
        for (const auto* steps : {"1", "142860"})
            lines += R"({"step": )"s + steps
                + R"(, "loss": 1, "learning_rate": 1, "gradient_norm": 1, "tokens_per_s": 1, "peak_bytes": 1})" + "\n";
        for (const int width : {520, 700, 900, 1280}) {
            CurveChart chart(m_theme);
            chart.resize(width, 500);
            chart.setCurves(makeCurves({appendLines(nullptr, u"/runs/a"_s, lines, {})}, {}));
            chart.show();
            QVERIFY(QTest::qWaitForWindowExposed(&chart));
            QCoreApplication::processEvents();
            const auto rects = chart.findChild<CurvePlot*>()->axisRects();
            QCOMPARE(rects.size(), 5);
            for (const auto* rect : rects) {
                const auto* axis = rect->axis(QCPAxis::atBottom);
                const QFontMetricsF metrics(axis->tickLabelFont());
                const auto ticks = axis->tickVector();
                const auto labels = axis->tickVectorLabels();
                QVERIFY(!ticks.isEmpty());
                for (qsizetype i = 1; i < ticks.size(); ++i) {
                    const auto half = [&](qsizetype of) { return metrics.horizontalAdvance(labels[of]) / 2; };
                    QVERIFY2(axis->coordToPixel(ticks[i]) - half(i) > axis->coordToPixel(ticks[i - 1]) + half(i - 1),
                             qPrintable(u"%1 at %2"_s.arg(labels[i]).arg(width)));
                }
            }
        }
    }
};

QTEST_MAIN(TestCurvePlot)
#include "test_curve_plot.moc"

#include "models/figure_document.h"
#include "protocol/error.h"
#include "study_samples.h"
#include "widgets/plot/curve_chart.h"
#include "widgets/plot/figure_export.h"
#include "widgets/plot/study_figure.h"

#include <QApplication>
#include <QImage>
#include <QPainter>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QtTest>

using namespace icae;
using namespace Qt::StringLiterals;

/// What a figure shows, how it is walked through, and what it looks like on paper.
class TestStudyFigure : public QObject {
    Q_OBJECT

    Theme m_theme;
    QTemporaryDir m_folder;

    static const FigureSeries* find(const FigurePanel& panel, const QString& label)
    {
        const auto found = std::find_if(panel.series.begin(), panel.series.end(),
                                        [&](const FigureSeries& series) { return series.label == label; });
        return found == panel.series.end() ? nullptr : &*found;
    }

    QByteArray exported(const FigureDocument& figure, const QString& name) const
    {
        const auto path = m_folder.filePath(name);
        exportFigure(figure, m_theme, figureFormatOf(name), path);
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    /// A figure in a window of its own.
    struct Shown {
        explicit Shown(const Theme& theme, FigureDocumentPtr document)
            : figure(theme)
        {
            figure.resize(900, 420);
            figure.setFigure(std::move(document));
            figure.show();
            figure.setFocus();
            QApplication::setActiveWindow(&figure);
            QCoreApplication::processEvents();
            plot = figure.findChild<QWidget*>(QString(), Qt::FindDirectChildrenOnly);
            for (auto* child : figure.findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly))
                if (child->hasMouseTracking())
                    plot = child;
        }

        void move(const QPointF& at) const { QTest::mouseMove(plot, (at - plot->pos()).toPoint()); }
        void click(const QPointF& at) const
        {
            QTest::mouseClick(plot, Qt::LeftButton, Qt::NoModifier, (at - plot->pos()).toPoint());
        }
        void wheel(const QPointF& at) const
        {
            const auto local = at - plot->pos();
            QWheelEvent event(local, plot->mapToGlobal(local), {}, {0, 240}, Qt::NoButton, Qt::NoModifier,
                              Qt::NoScrollPhase, false);
            QCoreApplication::sendEvent(plot, &event);
        }

        StudyFigure figure;
        QWidget* plot = nullptr;
    };

private Q_SLOTS:
    /// Panels come and go while a run grows: with its first line, its first evaluation, another run, and none.
    void curvesGrow()
    {
        CurveChart chart(m_theme);
        chart.resize(900, 500);
        chart.show();
        const std::string train = "{\"step\": 1, \"loss\": 2, \"losses\": {\"ae\": 2}, \"learning_rate\": 1}\n"
                                  "{\"step\": 2, \"loss\": 1, \"losses\": {\"ae\": 1}, \"learning_rate\": 1}\n";
        const std::string validation = "{\"step\": 2, \"validation\": {\"loss 64/16\": 1, \"bleu 64/16\": 0.5}}\n";
        const std::string other = "{\"step\": 1, \"values\": {\"a/b\": 1}}\n";
        // Five small panels: not as many as their rows have places.
        const std::string five =
            train + R"({"step": 3, "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "losses": {"ae": 1}})" + "\n";
        for (const auto& lines :
             {std::string(), train, train + validation, other, validation, std::string(), five, train}) {
            chart.setCurves(makeCurves({appendLines(nullptr, u"/runs/a"_s, lines, {})}, {}));
            QCoreApplication::processEvents();
            QVERIFY(!chart.grab().isNull());
        }
        chart.setCurves(nullptr);
        QVERIFY(!chart.grab().isNull());
    }

    void initTestCase() { m_theme.apply(); }

    void linesByLength()
    {
        const auto figure = makeFigure({StudySamples::byLength()}, {});
        QCOMPARE(figure->panels.size(), std::size_t{3});
        const auto& bleu = figure->panels[0];
        QCOMPARE(bleu.title, u"BLEU"_s);
        QCOMPARE(bleu.ticks, (std::vector<double>{64, 128, 256, 512}));
        QVERIFY(bleu.logX); // lengths double
        const auto* series = find(bleu, u"k = 128"_s);
        QVERIFY(series != nullptr);
        QCOMPARE(series->points.size(), std::size_t{4});
        QCOMPARE(series->dots.size(), std::size_t{24});
        const auto& cell = *figure->studies[0]->cells[static_cast<std::size_t>(series->points[1].cell)];
        QCOMPARE(cell.cell().tokens, 128);
        QCOMPARE(series->points[1].value, cell.row.find("bleu")->median);
        QCOMPARE(series->points[1].low, cell.row.find("bleu")->q1);
        QVERIFY2(series->points[1].hint.contains(u"N = 6"_s), qPrintable(series->points[1].hint));
        // What was published is dashed, beside it, and has the colour of its slots.
        const auto published = std::find_if(bleu.series.begin(), bleu.series.end(),
                                            [](const FigureSeries& one) { return one.isPublished(); });
        QVERIFY(published != bleu.series.end());
        QCOMPARE(published->color, series->color);
        QVERIFY(published->dots.empty());
        QVERIFY(published->points[0].hint.contains(u"not stated"_s));
        QVERIFY(figure->caption.contains(u"fedcba98"_s) && figure->caption.contains(u"01234567"_s));
        QVERIFY(figure->caption.contains(u"quartiles"_s) && figure->caption.contains(u"seed 3"_s));
        QVERIFY(figure->caption.contains(u"Ge et al."_s));
    }

    void meansHaveIntervals()
    {
        FigureOptions options;
        options.band = FigureBand::Interval;
        options.measures = {"loss"};
        options.published = false;
        options.samples = false;
        const auto figure = makeFigure({StudySamples::byLength()}, options);
        QCOMPARE(figure->panels.size(), std::size_t{1});
        const auto& point = figure->panels[0].series[0].points[0];
        const auto& cell = *figure->studies[0]->cells[static_cast<std::size_t>(point.cell)];
        QCOMPARE(point.value, cell.row.find("loss")->mean);
        QCOMPARE(point.low, cell.row.find("loss")->low);
        QVERIFY(figure->bandText.contains(u"bootstrap"_s));
        QVERIFY(figure->panels[0].series[0].dots.empty());
    }

    void otherAxesAndStudies()
    {
        FigureOptions options;
        options.x = FigureAxis::Ratio;
        options.published = false;
        const auto other = makeStudyDocument(u"/runs/second"_s, StudySamples::config(StudyKind::Length),
                                             StudySamples::grid(3, "nano", {64, 128}, {16, 64}));
        const auto figure = makeFigure({StudySamples::byLength(), other}, options);
        const auto& panel = figure->panels[0];
        QCOMPARE(panel.series.size(), std::size_t{6});
        const auto& first = panel.series.front();
        QCOMPARE(first.points.front().x, 4.0); // 64 tokens in 16 slots
        const auto over = std::find_if(panel.series.begin(), panel.series.end(),
                                       [](const FigureSeries& series) { return series.study == 1; });
        QCOMPARE(over->label, u"k = 16"_s);
        QCOMPARE(over->color, first.color);
        QVERIFY(over->dash != first.dash);
        QCOMPARE(figure->legend.back().label, u"second"_s);
    }

    void categories()
    {
        std::vector<StudySample> samples;
        for (const auto content : {StudyContent::Normal, StudyContent::Patterned, StudyContent::Random}) {
            auto cell = StudySamples::cell(512, 128);
            cell.content = content;
            for (int i = 0; i < 3; ++i)
                samples.push_back(StudySamples::sample(cell, i));
        }
        const auto figure =
            makeFigure({makeStudyDocument(u"run"_s, StudySamples::config(StudyKind::Content), samples)}, {});
        QCOMPARE(figure->panels.size(), std::size_t{2});
        const auto& panel = figure->panels[0];
        QCOMPARE(panel.categories, (QStringList{u"normal"_s, u"patterned"_s, u"random"_s}));
        QVERIFY(!panel.joined);
        QCOMPARE(panel.series.size(), std::size_t{2}); // measured, and Table 3
        QCOMPARE(panel.series[1].points.size(), std::size_t{3});
        QVERIFY(panel.series[1].isPublished());
    }

    void spansStayOnOneLine()
    {
        std::vector<StudySample> samples;
        for (const auto context : {StudyContext::Text, StudyContext::Slots})
            for (const std::int64_t spans : {1, 2, 4}) {
                auto cell = StudySamples::cell(512 * spans, context == StudyContext::Slots ? 128 * spans : 0);
                cell.context = context;
                cell.spans = spans;
                samples.push_back(StudySamples::sample(cell, 0));
            }
        const auto figure =
            makeFigure({makeStudyDocument(u"run"_s, StudySamples::config(StudyKind::Continuation), samples)}, {});
        QCOMPARE(figure->panels.size(), std::size_t{1});
        const auto& panel = figure->panels[0];
        QCOMPARE(panel.measure, std::string("perplexity"));
        QCOMPARE(find(panel, u"slots"_s)->points.size(), std::size_t{3});
        QCOMPARE(find(panel, u"text"_s)->points.size(), std::size_t{3});
    }

    void gapsStayGaps()
    {
        auto samples = StudySamples::grid(2, "nano", {64, 128, 256}, {16});
        for (auto& sample : samples)
            if (sample.cell.tokens == 128)
                sample.loss = std::numeric_limits<double>::quiet_NaN();
        FigureOptions options;
        options.measures = {"loss"};
        const auto figure =
            makeFigure({makeStudyDocument(u"run"_s, StudySamples::config(StudyKind::Length), samples)}, options);
        const auto& series = figure->panels[0].series[0];
        QCOMPARE(series.points.size(), std::size_t{3});
        QVERIFY(std::isnan(series.points[1].value));
        QCOMPARE(series.dots.size(), std::size_t{4});
        Shown shown(m_theme, figure);
        QVERIFY(!shown.figure.grab().isNull());
    }

    void positionHasThreeAxes()
    {
        auto sample = StudySamples::sample(StudySamples::cell(512, 128), 0);
        sample.misses = {{"place", "1", 4, 1},     {"place", "2", 4, 0},    {"surprisal", "1", 4, 0},
                         {"surprisal", "2", 4, 1}, {"class", "name", 3, 3}, {"class", "word", 9, 0}};
        const auto figure =
            makeFigure({makeStudyDocument(u"run"_s, StudySamples::config(StudyKind::Position), {sample})}, {});
        QCOMPARE(figure->panels.size(), std::size_t{3});
        QCOMPARE(figure->panels[0].series[0].points[0].value, 0.25);
        QCOMPARE(figure->panels[2].categories, (QStringList{u"word"_s, u"name"_s}));
        QCOMPARE(figure->panels[0].series[0].dots.size(), std::size_t{2});
    }

    void heatMap()
    {
        const auto study = StudySamples::byLength();
        QVERIFY(hasHeatMap(*study));
        FigureOptions options;
        options.form = FigureForm::HeatMap;
        options.measures = {"bleu"};
        const auto figure = makeFigure({study}, options);
        QCOMPARE(figure->panels.size(), std::size_t{1});
        QCOMPARE(figure->panels[0].fields.size(), std::size_t{16});
        QCOMPARE(figure->panels[0].categories.size(), 4);
        Shown shown(m_theme, figure);
        QSignalSpy cells(&shown.figure, &StudyFigure::cellActivated);
        shown.click(shown.figure.positionOf(0, -1, 5));
        QCOMPARE(cells.size(), 1);
        QCOMPARE(cells[0][1].toInt(), figure->panels[0].fields[5].point.cell);
    }

    void hoverAndClick()
    {
        const auto figure = makeFigure({StudySamples::byLength()}, {});
        Shown shown(m_theme, figure);
        QVERIFY(shown.figure.hint().isEmpty());
        shown.move(shown.figure.positionOf(2, 0, 3));
        QVERIFY2(shown.figure.hint().contains(u"Loss: median"_s), qPrintable(shown.figure.hint()));
        shown.move({2, 2});
        QVERIFY(shown.figure.hint().isEmpty());
        QSignalSpy samples(&shown.figure, &StudyFigure::sampleActivated);
        QSignalSpy cells(&shown.figure, &StudyFigure::cellActivated);
        shown.click(shown.figure.positionOf(2, 0, 3));
        QCOMPARE(cells.size(), 1);
        // The dot furthest from its cell's line.
        const auto& dots = figure->panels[2].series[0].dots;
        const auto worst =
            std::max_element(dots.begin(), dots.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
        shown.click(shown.figure.positionOfDot(2, 0, static_cast<int>(worst - dots.begin())));
        QCOMPARE(samples.size(), 1);
        const auto sample = samples[0][0].value<FigureSample>();
        QCOMPARE(*figure->find(sample)->loss, worst->value);
    }

    void zoomStaysWhileCellsArrive()
    {
        const auto study = StudySamples::byLength();
        Shown shown(m_theme, makeFigure({study}, {}));
        QSignalSpy zoomed(&shown.figure, &StudyFigure::zoomedChanged);
        QVERIFY(!shown.figure.isZoomed());
        shown.wheel(shown.figure.positionOf(0, 0, 1));
        QVERIFY(shown.figure.isZoomed());
        QCOMPARE(zoomed.size(), 1);
        const auto place = shown.figure.positionOf(0, 0, 0);
        const auto more = appendSamples(*study, study->config, {StudySamples::sample(StudySamples::cell(512, 16), 6)});
        shown.figure.setFigure(makeFigure({more}, {}));
        QVERIFY(shown.figure.isZoomed());
        QCOMPARE(shown.figure.positionOf(0, 0, 0), place);
        QTest::mouseDClick(shown.plot, Qt::LeftButton, Qt::NoModifier, QPoint(100, 100));
        QVERIFY(!shown.figure.isZoomed());
    }

    void keysWalkThePoints()
    {
        const auto figure = makeFigure({StudySamples::byLength()}, {});
        Shown shown(m_theme, figure);
        QSignalSpy cells(&shown.figure, &StudyFigure::cellActivated);
        QSignalSpy samples(&shown.figure, &StudyFigure::sampleActivated);
        QTest::keyClick(&shown.figure, Qt::Key_Right);
        QTest::keyClick(&shown.figure, Qt::Key_Right);
        QVERIFY2(shown.figure.hint().contains(u"128 tokens"_s), qPrintable(shown.figure.hint()));
        QVERIFY(shown.figure.accessibleDescription().contains(u"k = 16"_s));
        QTest::keyClick(&shown.figure, Qt::Key_Up);
        QVERIFY2(shown.figure.hint().contains(u"32 slots"_s), qPrintable(shown.figure.hint()));
        QTest::keyClick(&shown.figure, Qt::Key_PageDown);
        QVERIFY(shown.figure.hint().contains(u"EM"_s));
        QCOMPARE(cells.size(), 4);
        QTest::keyClick(&shown.figure, Qt::Key_Return);
        QCOMPARE(samples.size(), 1);
        QCOMPARE(figure->find(samples[0][0].value<FigureSample>())->cell.tokens, 128);
    }

    void followsTheTheme()
    {
        m_theme.setScheme(Theme::Scheme::Light);
        Shown shown(m_theme, makeFigure({StudySamples::byLength()}, {}));
        const auto light = shown.figure.grab().toImage();
        m_theme.setScheme(Theme::Scheme::Dark);
        const auto dark = shown.figure.grab().toImage();
        m_theme.setScheme(Theme::Scheme::Light);
        QVERIFY(light != dark);
        QCOMPARE(dark.pixelColor(dark.width() - 2, dark.height() - 2), darkScheme()[Shade::Surface]);
    }

    void emptyIsNoFigure()
    {
        Shown shown(m_theme, makeFigure({StudySamples::byLength()}, {}));
        shown.figure.setFigure({});
        QVERIFY(!shown.figure.grab().isNull());
        QTest::keyClick(&shown.figure, Qt::Key_Right);
        QVERIFY(shown.figure.hint().isEmpty());
        const auto nothing = makeFigure({makeStudyDocument({}, StudySamples::config(StudyKind::Length), {})}, {});
        QVERIFY(nothing->isEmpty());
        shown.figure.setFigure(nothing);
        QVERIFY_EXCEPTION_THROWN(exportFigure(*nothing, m_theme, FigureFormat::Svg, m_folder.filePath(u"x.svg"_s)),
                                 Error);
        QVERIFY(!QFile::exists(m_folder.filePath(u"x.svg"_s)));
    }

    void onPaper()
    {
        const auto figure = makeFigure({StudySamples::byLength(24)}, {});
        const auto svg = exported(*figure, u"figure.svg"_s);
        QVERIFY(!svg.contains("<text"));
        QVERIFY2(svg.size() < 150'000, qPrintable(QString::number(svg.size())));
        QSvgRenderer renderer(svg);
        QVERIFY(renderer.isValid());
        QImage picture(renderer.defaultSize(), QImage::Format_RGB32);
        picture.fill(Qt::white);
        QPainter painter(&picture);
        renderer.render(&painter);
        painter.end();
        QVERIFY(exported(*figure, u"figure.pdf"_s).startsWith("%PDF-"));
        QImage png;
        QVERIFY(png.loadFromData(exported(*figure, u"figure.png"_s), "PNG"));
        QCOMPARE(png.dotsPerMeterX(), 11811);
        QCOMPARE(png.width(), 1653); // 140 mm
        QCOMPARE(png.pixelColor(2, png.height() - 2), QColor(Qt::white));
        // The same figure is drawn again to the byte.
        QCOMPARE(exported(*figure, u"again.svg"_s), svg);
    }
};

QTEST_MAIN(TestStudyFigure)
#include "test_study_figure.moc"

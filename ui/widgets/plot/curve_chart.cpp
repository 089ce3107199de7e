#include "widgets/plot/curve_chart.h"

#include "widgets/plot/curve_plot.h"
#include "widgets/plot/figure_legend.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

QString valueText(double value)
{
    if (std::isnan(value))
        return u"NaN"_s;
    return QLocale().toString(value, 'g', 4);
}

} // namespace

CurveChart::CurveChart(const Theme& theme, QWidget* parent)
    : PointedPlot(theme, tr("Training curves"), parent)
    , m_plot(new CurvePlot(FigureStyle::ofWindow(theme), this))
{
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->zoomChanged = [this] { hideHint(); };
    takePlot(m_plot);
}

CurveChart::~CurveChart()
{
    releasePlot();
    m_plot->zoomChanged = {};
}

void CurveChart::restyle()
{
    m_plot->restyle(FigureStyle::ofWindow(m_theme));
}

void CurveChart::setCurves(CurveDocumentPtr curves)
{
    const bool sameShape = m_curves && curves && m_curves->panels.size() == curves->panels.size();
    m_curves = std::move(curves);
    m_plot->setCurves(m_curves);
    legend().setKeys(m_curves ? m_curves->legend : std::vector<FigureKey>());
    legend().setVisible(m_curves && !m_curves->legend.empty());
    setAccessibleDescription(m_curves ? m_curves->title : QString());
    if (!sameShape) {
        m_panel = 0;
        m_line = 0;
        m_point = -1;
    }
    hideHint();
}

bool CurveChart::isZoomed() const
{
    return m_plot->isZoomed();
}

void CurveChart::resetZoom()
{
    if (m_curves)
        m_plot->resetZoom();
}

QPointF CurveChart::positionOf(int panel, int line, int point) const
{
    return m_plot->panel(static_cast<std::size_t>(panel)).positionOf({line, point}) + m_plot->pos();
}

QSize CurveChart::minimumSizeHint() const
{
    return {Theme::grid(30), Theme::grid(22)};
}

void CurveChart::hover(const QPointF& position)
{
    const int panel = m_plot->panelAt(position);
    if (panel < 0 || !m_curves) {
        hideHint();
        return;
    }
    const auto& plottable = m_plot->panel(static_cast<std::size_t>(panel));
    if (const auto* mark = plottable.markAt(position)) {
        auto text = tr("Step %L1: %2").arg(mark->event.step).arg(mark->event.text);
        if (!mark->event.remedy.isEmpty())
            text += u'\n' + mark->event.remedy;
        m_plot->point(-1, {});
        showHint(position.toPoint(), text);
        return;
    }
    const auto place = plottable.placeAt(position);
    if (place.isValid())
        showPlace(panel, place.line, place.point);
    else
        hideHint();
}

void CurveChart::click(const QPointF& position)
{
    const int panel = m_plot->panelAt(position);
    if (panel < 0 || !m_curves)
        return;
    const auto place = m_plot->panel(static_cast<std::size_t>(panel)).placeAt(position);
    if (!place.isValid())
        return;
    const auto& line = m_curves->panels[static_cast<std::size_t>(panel)].lines[static_cast<std::size_t>(place.line)];
    if (line.run == 0)
        Q_EMIT stepActivated(line.steps[static_cast<std::size_t>(place.point)]);
}

QString CurveChart::hintOf(int panelIndex, int lineIndex, int point) const
{
    const auto& panel = m_curves->panels[static_cast<std::size_t>(panelIndex)];
    const auto& line = panel.lines[static_cast<std::size_t>(lineIndex)];
    const auto at = static_cast<std::size_t>(point);
    const auto& run = *m_curves->runs[static_cast<std::size_t>(line.run)];
    QStringList text{m_curves->runs.size() > 1 ? tr("%1 · step %L2").arg(run.title).arg(line.steps[at])
                                               : tr("Step %L1").arg(line.steps[at])};
    const auto row = std::lower_bound(run.steps.begin(), run.steps.end(), line.steps[at]) - run.steps.begin();
    if (row < std::ssize(run.steps)) {
        const double tokens = run.tokens[static_cast<std::size_t>(row)];
        const double seconds = run.seconds[static_cast<std::size_t>(row)];
        if (std::isfinite(tokens))
            text.front() += tr(" · %L1 tokens").arg(static_cast<qlonglong>(tokens));
        if (std::isfinite(seconds))
            text.front() += tr(" · %L1 s").arg(static_cast<qlonglong>(seconds));
    }
    const auto name = line.label.isEmpty() ? panel.title : u"%1 %2"_s.arg(panel.title, line.label);
    text.append(u"%1: %2"_s.arg(name, valueText(line.raw[at])));
    if (!line.isValidation && m_curves->options.smoothing > 0)
        text.back() += tr(" (smoothed %1)").arg(valueText(line.smooth[at]));
    if (line.best == point)
        text.back() += tr(" – the best");
    return text.join(u'\n');
}

void CurveChart::showPlace(int panel, int line, int point, bool byKeys)
{
    const auto at = m_plot->panel(static_cast<std::size_t>(panel)).positionOf({line, point});
    m_plot->point(panel, {line, point});
    showHint(at.toPoint(), hintOf(panel, line, point), byKeys);
}

void CurveChart::unmark()
{
    m_plot->point(-1, {});
}

void CurveChart::walk(int points, int up, int panels)
{
    if (!m_curves || m_curves->panels.empty())
        return;
    const auto count = [](const auto& list) { return static_cast<int>(std::ssize(list)); };
    m_panel = std::clamp(m_panel + panels, 0, count(m_curves->panels) - 1);
    const auto& panel = m_curves->panels[static_cast<std::size_t>(m_panel)];
    m_line = std::clamp(m_line - up, 0, count(panel.lines) - 1);
    const auto& line = panel.lines[static_cast<std::size_t>(m_line)];
    if (line.x.empty())
        return;
    m_point = m_point < 0 ? count(line.x) - 1 : std::clamp(m_point + points, 0, count(line.x) - 1);
    showPlace(m_panel, m_line, m_point, true);
    announce(hint());
}

void CurveChart::open()
{
    if (!m_curves || m_point < 0)
        return;
    const auto& line = m_curves->panels[static_cast<std::size_t>(m_panel)].lines[static_cast<std::size_t>(m_line)];
    if (line.run == 0)
        Q_EMIT stepActivated(line.steps[static_cast<std::size_t>(m_point)]);
}

} // namespace icae

#include "widgets/plot/study_figure.h"

#include "widgets/plot/figure_legend.h"
#include "widgets/plot/figure_plot.h"

#include <QFocusEvent>

#include <algorithm>
#include <cmath>

namespace icae {

StudyFigure::StudyFigure(const Theme& theme, QWidget* parent)
    : PointedPlot(theme, tr("Figure"), parent)
    , m_plot(new FigurePlot(FigureStyle::ofWindow(theme), this))
{
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->zoomChanged = [this] {
        if (const bool zoomed = isZoomed(); zoomed != m_wasZoomed) {
            m_wasZoomed = zoomed;
            Q_EMIT zoomedChanged(zoomed);
        }
        hideHint();
    };
    takePlot(m_plot);
    m_plot->restyle(FigureStyle::ofWindow(theme));
}

StudyFigure::~StudyFigure()
{
    releasePlot();
    m_plot->zoomChanged = {};
}

void StudyFigure::restyle()
{
    m_plot->restyle(FigureStyle::ofWindow(m_theme));
}

void StudyFigure::setFigure(FigureDocumentPtr figure)
{
    const bool sameShape = m_figure && figure && m_figure->panels.size() == figure->panels.size();
    m_figure = std::move(figure);
    m_plot->setFigure(m_figure);
    legend().setKeys(m_figure ? m_figure->legend : std::vector<FigureKey>());
    setAccessibleDescription(m_figure ? m_figure->title : QString());
    if (!sameShape) {
        m_panel = 0;
        m_series = 0;
        m_point = -1;
    }
    hideHint(); // what it said may have changed
}

bool StudyFigure::isZoomed() const
{
    return m_plot->isZoomed();
}

void StudyFigure::resetZoom()
{
    m_plot->resetZoom();
}

void StudyFigure::setCurrentCell(int study, int cell)
{
    if (study == m_currentStudy && cell == m_currentCell)
        return;
    m_currentStudy = study;
    m_currentCell = cell;
    m_plot->setCurrent(study, cell);
}

QPointF StudyFigure::positionOf(int panel, int series, int point) const
{
    return m_plot->panel(static_cast<std::size_t>(panel)).positionOf({series, point, -1}) + m_plot->pos();
}

QPointF StudyFigure::positionOfDot(int panel, int series, int dot) const
{
    return m_plot->panel(static_cast<std::size_t>(panel)).positionOf({series, -1, dot}) + m_plot->pos();
}

bool StudyFigure::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_plot && event->type() == QEvent::Resize)
        m_plot->arrange(m_plot->width());
    return PointedPlot::eventFilter(watched, event);
}

void StudyFigure::hover(const QPointF& position)
{
    const int panel = m_plot->panelAt(position);
    const auto mark = panel < 0 ? FigureMark() : m_plot->panel(static_cast<std::size_t>(panel)).markAt(position);
    if (!mark.isValid()) {
        hideHint();
        return;
    }
    showMark(panel, mark);
}

void StudyFigure::click(const QPointF& position)
{
    const int index = m_plot->panelAt(position);
    if (index < 0)
        return;
    const auto mark = m_plot->panel(static_cast<std::size_t>(index)).markAt(position);
    if (!mark.isValid())
        return;
    const auto& panel = m_figure->panels[static_cast<std::size_t>(index)];
    if (mark.series < 0) {
        Q_EMIT cellActivated(0, panel.fields[static_cast<std::size_t>(mark.point)].point.cell);
        return;
    }
    const auto& series = panel.series[static_cast<std::size_t>(mark.series)];
    if (mark.dot >= 0) {
        const auto& dot = series.dots[static_cast<std::size_t>(mark.dot)];
        Q_EMIT sampleActivated({series.study, dot.cell, dot.sample});
        return;
    }
    if (!series.isPublished())
        Q_EMIT cellActivated(series.study, series.points[static_cast<std::size_t>(mark.point)].cell);
}

QString StudyFigure::hintOf(int index, const FigureMark& mark) const
{
    const auto& panel = m_figure->panels[static_cast<std::size_t>(index)];
    if (mark.series < 0)
        return panel.fields[static_cast<std::size_t>(mark.point)].point.hint;
    const auto& series = panel.series[static_cast<std::size_t>(mark.series)];
    if (mark.dot < 0)
        return series.points[static_cast<std::size_t>(mark.point)].hint;
    const auto& dot = series.dots[static_cast<std::size_t>(mark.dot)];
    const auto* sample = m_figure->find({series.study, dot.cell, dot.sample});
    const auto value = tr("%1 %2").arg(panel.title, measureText(panel.measure, dot.value));
    const auto place = sample->text.empty() ? QString() : QString::fromStdString(sample->text);
    return tr("Sample %L1 of %2\n%3\nClick to open").arg(sample->index + 1).arg(series.label, value)
        + (place.isEmpty() ? QString() : tr(" · %1").arg(place));
}

void StudyFigure::showMark(int panel, const FigureMark& mark, bool byKeys)
{
    const auto at = m_plot->panel(static_cast<std::size_t>(panel)).positionOf(mark);
    showHint(at.toPoint(), hintOf(panel, mark), byKeys);
    m_plot->ring(mark.series < 0 ? std::nullopt : std::optional(at));
}

void StudyFigure::unmark()
{
    m_plot->ring({});
}

void StudyFigure::walk(int points, int series, int panels)
{
    if (!m_figure || m_figure->panels.empty())
        return;
    const auto count = [](const auto& list) { return static_cast<int>(std::ssize(list)); };
    m_panel = std::clamp(m_panel + panels, 0, count(m_figure->panels) - 1);
    const auto& panel = m_figure->panels[static_cast<std::size_t>(m_panel)];
    FigureMark mark;
    if (!panel.fields.empty()) {
        const int columns = std::max(1, count(panel.categories));
        const int at = std::clamp(m_point, 0, count(panel.fields) - 1);
        const auto& from = panel.fields[static_cast<std::size_t>(at)];
        const int column = m_point < 0 ? 0 : std::clamp(from.column + points, 0, columns - 1);
        const int row = m_point < 0 ? 0 : std::clamp(from.row + series, 0, count(panel.rowNames) - 1);
        const auto found = std::find_if(panel.fields.begin(), panel.fields.end(), [&](const FigureField& field) {
            return field.column == column && field.row == row;
        });
        m_point = found == panel.fields.end() ? at : static_cast<int>(found - panel.fields.begin());
        mark = {-1, m_point, -1};
    } else {
        if (panel.series.empty())
            return;
        m_series = std::clamp(m_series + series, 0, count(panel.series) - 1);
        const auto& line = panel.series[static_cast<std::size_t>(m_series)];
        if (line.points.empty())
            return;
        m_point = m_point < 0 ? 0 : std::clamp(m_point + points, 0, count(line.points) - 1);
        mark = {m_series, m_point, -1};
    }
    showMark(m_panel, mark, true);
    auto said = hint();
    if (mark.series >= 0)
        said.prepend(panel.series[static_cast<std::size_t>(m_series)].label + QStringLiteral(": "));
    announce(said);
    if (mark.series < 0)
        Q_EMIT cellActivated(0, panel.fields[static_cast<std::size_t>(m_point)].point.cell);
    else if (const auto& line = panel.series[static_cast<std::size_t>(m_series)]; !line.isPublished())
        Q_EMIT cellActivated(line.study, line.points[static_cast<std::size_t>(m_point)].cell);
}

void StudyFigure::open()
{
    if (m_point < 0 || !m_figure)
        return;
    const auto& panel = m_figure->panels[static_cast<std::size_t>(m_panel)];
    const int study = panel.fields.empty() ? panel.series[static_cast<std::size_t>(m_series)].study : 0;
    const auto& point = panel.fields.empty()
        ? panel.series[static_cast<std::size_t>(m_series)].points[static_cast<std::size_t>(m_point)]
        : panel.fields[static_cast<std::size_t>(m_point)].point;
    if (study < 0)
        return;
    const auto& document = *m_figure->studies[static_cast<std::size_t>(study)];
    const auto measure = panel.measure == "miss_rate" ? std::string("token_accuracy") : panel.measure;
    if (const int sample = document.medianSample(point.cell, measure); sample >= 0)
        Q_EMIT sampleActivated({study, point.cell, sample});
}

void StudyFigure::focusInEvent(QFocusEvent* event)
{
    PointedPlot::focusInEvent(event);
    if (event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason)
        walk(0, 0, 0);
}

} // namespace icae

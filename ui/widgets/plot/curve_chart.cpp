#include "widgets/plot/curve_chart.h"

#include "widgets/plot/curve_plot.h"
#include "widgets/plot/figure_legend.h"
#include "widgets/plot/plot_hint.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QVBoxLayout>

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
    : QWidget(parent)
    , m_theme(theme)
    , m_plot(new CurvePlot(FigureStyle::ofWindow(theme), this))
    , m_legend(new FigureLegend(theme, this))
    , m_hint(new PlotHint(theme, this))
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Training curves"));
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->setMouseTracking(true);
    m_plot->installEventFilter(this);
    m_plot->zoomChanged = [this] { hideHint(); };
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::grid(0.5));
    layout->addWidget(m_legend);
    layout->addWidget(m_plot, 1);
    connect(&m_theme, &Theme::changed, this, [this] {
        m_plot->restyle(FigureStyle::ofWindow(m_theme));
        update();
    });
}

CurveChart::~CurveChart()
{
    m_plot->removeEventFilter(this);
    m_plot->zoomChanged = {};
}

void CurveChart::setCurves(CurveDocumentPtr curves)
{
    const bool sameShape = m_curves && curves && m_curves->panels.size() == curves->panels.size();
    m_curves = std::move(curves);
    m_plot->setCurves(m_curves);
    m_legend->setKeys(m_curves ? m_curves->legend : std::vector<FigureKey>());
    m_legend->setVisible(m_curves && !m_curves->legend.empty());
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

QString CurveChart::hint() const
{
    return m_hint->isHidden() ? QString() : m_hint->text();
}

QPointF CurveChart::positionOf(int panel, int line, int point) const
{
    return m_plot->panel(static_cast<std::size_t>(panel)).positionOf({line, point}) + m_plot->pos();
}

QSize CurveChart::sizeHint() const
{
    return {Theme::grid(90), Theme::grid(48)};
}

QSize CurveChart::minimumSizeHint() const
{
    return {Theme::grid(30), Theme::grid(22)};
}

bool CurveChart::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_plot) {
        switch (event->type()) {
        case QEvent::MouseMove:
            if (static_cast<QMouseEvent*>(event)->buttons() == Qt::NoButton)
                hover(static_cast<QMouseEvent*>(event)->position());
            break;
        case QEvent::MouseButtonPress:
            m_pressed = static_cast<QMouseEvent*>(event)->position();
            setFocus(Qt::MouseFocusReason);
            break;
        case QEvent::MouseButtonRelease: {
            const auto* mouse = static_cast<QMouseEvent*>(event);
            if (mouse->button() == Qt::LeftButton && (mouse->position() - m_pressed).manhattanLength() < 4)
                click(mouse->position());
            break;
        }
        case QEvent::MouseButtonDblClick:
            resetZoom();
            return true;
        case QEvent::Leave:
            if (!m_byKeys)
                hideHint();
            break;
        default:
            break;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void CurveChart::hover(const QPointF& position)
{
    const int panel = m_plot->panelAt(position);
    if (panel < 0 || !m_curves) {
        hideHint();
        return;
    }
    m_byKeys = false;
    const auto& plottable = m_plot->panel(static_cast<std::size_t>(panel));
    if (const auto* mark = plottable.markAt(position)) {
        auto text = tr("Step %L1: %2").arg(mark->event.step).arg(mark->event.text);
        if (!mark->event.remedy.isEmpty())
            text += u'\n' + mark->event.remedy;
        m_plot->point(-1, {});
        m_hint->showAt(m_plot->pos() + position.toPoint(), text);
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

void CurveChart::showPlace(int panel, int line, int point)
{
    const auto at = m_plot->panel(static_cast<std::size_t>(panel)).positionOf({line, point});
    m_plot->point(panel, {line, point});
    m_hint->showAt(m_plot->pos() + at.toPoint(), hintOf(panel, line, point));
}

void CurveChart::hideHint()
{
    m_byKeys = false;
    if (m_hint->isHidden())
        return;
    m_hint->hide();
    m_plot->point(-1, {});
}

void CurveChart::walk(int points, int lines, int panels)
{
    if (!m_curves || m_curves->panels.empty())
        return;
    const auto count = [](const auto& list) { return static_cast<int>(std::ssize(list)); };
    m_panel = std::clamp(m_panel + panels, 0, count(m_curves->panels) - 1);
    const auto& panel = m_curves->panels[static_cast<std::size_t>(m_panel)];
    m_line = std::clamp(m_line + lines, 0, count(panel.lines) - 1);
    const auto& line = panel.lines[static_cast<std::size_t>(m_line)];
    if (line.x.empty())
        return;
    m_point = m_point < 0 ? count(line.x) - 1 : std::clamp(m_point + points, 0, count(line.x) - 1);
    showPlace(m_panel, m_line, m_point);
    m_byKeys = true;
    setAccessibleDescription(QString(m_hint->text()).replace(u'\n', u"; "_s));
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
}

void CurveChart::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return walk(-1, 0, 0);
    case Qt::Key_Right:
        return walk(1, 0, 0);
    case Qt::Key_Up:
        return walk(0, -1, 0);
    case Qt::Key_Down:
        return walk(0, 1, 0);
    case Qt::Key_PageUp:
        return walk(0, 0, -1);
    case Qt::Key_PageDown:
        return walk(0, 0, 1);
    case Qt::Key_Home:
        return resetZoom();
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_byKeys && m_curves && m_point >= 0) {
            const auto& line =
                m_curves->panels[static_cast<std::size_t>(m_panel)].lines[static_cast<std::size_t>(m_line)];
            if (line.run == 0)
                Q_EMIT stepActivated(line.steps[static_cast<std::size_t>(m_point)]);
            return;
        }
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

void CurveChart::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    hideHint();
}

} // namespace icae

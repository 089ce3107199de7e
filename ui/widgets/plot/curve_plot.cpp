#include "widgets/plot/curve_plot.h"

#include "widgets/plot/figure_ticks.h"
#include "widgets/plot/plot_axes.h"

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

constexpr auto overlayLayer = "overlay"; // QCustomPlot's own; painted apart, so that pointing costs nothing
constexpr std::size_t mostSmall = 4; // small multiples beside each other

/// Small panels are hardly as high as their titles are long.
QString inTwoLines(const QString& title)
{
    constexpr qsizetype enough = 10; // characters that have room
    const auto space = title.lastIndexOf(u' ');
    if (title.size() <= enough || space < 0)
        return title;
    return title.left(space) + u'\n' + title.mid(space + 1);
}

} // namespace

CurvePlot::CurvePlot(const FigureStyle& style, QWidget* parent)
    : QCustomPlot(parent)
    , m_style(style)
    , m_margins(new QCPMarginGroup(this))
{
    plotLayout()->clear();
    layer(QString::fromLatin1(overlayLayer))->setMode(QCPLayer::lmBuffered);
    setBackground(QBrush(m_style.color(Shade::Surface)));
    m_replot.setSingleShot(true);
    m_replot.setInterval(0);
    connect(&m_replot, &QTimer::timeout, this, [this] { replot(); });
    connect(this, &QCustomPlot::afterReplot, &m_replot, &QTimer::stop);
    connect(this, &QCustomPlot::beforeReplot, this, [this] {
        if (m_settled != viewport())
            settle();
    });
}

/// Ticks are chosen by the room that an axis has, before the layout that gives it: the first time it has none.
void CurvePlot::settle()
{
    m_settled = viewport();
    for (const auto phase : {QCPLayoutElement::upPreparation, QCPLayoutElement::upMargins, QCPLayoutElement::upLayout})
        plotLayout()->update(phase);
}

/// Curves that are shown may bring a legend, and with it another size, which draws at once. QCustomPlot's own queue has
/// no regard for that, and goes before timers: two pictures may follow each other before anything else happens.
void CurvePlot::replotSoon()
{
    m_replot.start();
}

void CurvePlot::restyle(const FigureStyle& changed)
{
    m_style = changed;
    setBackground(QBrush(m_style.color(Shade::Surface)));
    for (const auto& panel : m_panels)
        applyStyle(panel);
    if (m_dot != nullptr)
        m_dot->setPen(QPen(m_style.color(Shade::Accent), 2));
    replotSoon();
}

bool CurvePlot::isLarge(const CurvePanel& panel)
{
    return panel.name == "losses" || panel.name == "validation loss";
}

bool CurvePlot::hasSamePanels(const CurveDocument& other) const
{
    return m_curves && m_curves->options.x == other.options.x && m_curves->options.logX == other.options.logX
        && std::equal(m_curves->panels.begin(), m_curves->panels.end(), other.panels.begin(), other.panels.end(),
                      [](const CurvePanel& a, const CurvePanel& b) { return a.name == b.name && a.logY == b.logY; });
}

void CurvePlot::setCurves(CurveDocumentPtr curves)
{
    const bool same = curves && hasSamePanels(*curves);
    const bool sameRuns = same && !m_curves->runs.empty() && !curves->runs.empty()
        && m_curves->runs.front()->run == curves->runs.front()->run;
    const auto kept = m_curves; // for as long as the old panels are looked at
    m_curves = std::move(curves);
    hidePoint();
    if (!same)
        rebuild();
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        m_panels[i].plottable->setPanel(&m_curves->panels[i], &m_curves->marks, true);
        describe(i);
    }
    if (!sameRuns || !m_zoomed)
        resetZoom();
    replotSoon();
}

void CurvePlot::rebuild()
{
    m_setting = true;
    m_dot = nullptr;
    clearItems();
    clearPlottables();
    plotLayout()->clear();
    m_panels.clear();
    m_settled = {};
    m_setting = false;
    if (!m_curves)
        return;
    for (std::size_t i = 0; i < m_curves->panels.size(); ++i)
        m_panels.push_back(makePanel());
    const auto larges =
        static_cast<std::size_t>(std::count_if(m_curves->panels.begin(), m_curves->panels.end(), isLarge));
    const auto smalls = m_panels.size() - larges;
    const auto rows = (smalls + mostSmall - 1) / mostSmall;
    const auto columns = rows == 0 ? 1 : (smalls + rows - 1) / rows;
    auto* layout = plotLayout();
    layout->setRowSpacing(8);
    // A grid goes into the plot before it is filled: QCustomPlot cannot adopt one with an empty place.
    const auto addGrid = [&] {
        auto* grid = new QCPLayoutGrid;
        grid->setColumnSpacing(10);
        grid->setRowSpacing(6);
        layout->addElement(layout->rowCount(), 0, grid);
        return grid;
    };
    auto* large = larges > 0 ? addGrid() : nullptr;
    auto* small = smalls > 0 ? addGrid() : nullptr;
    std::size_t placed = 0;
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        if (isLarge(m_curves->panels[i])) {
            large->addElement(0, large->columnCount(), m_panels[i].rect);
        } else {
            small->addElement(static_cast<int>(placed / columns), static_cast<int>(placed % columns), m_panels[i].rect);
            ++placed;
        }
    }
    if (large != nullptr && small != nullptr) {
        layout->setRowStretchFactor(0, 1.6);
        layout->setRowStretchFactor(1, static_cast<double>(rows));
    }
    if (m_panels.empty())
        return;
    for (auto& panel : m_panels) {
        panel.cross = new QCPItemStraightLine(this);
        panel.cross->setLayer(QString::fromLatin1(overlayLayer));
        panel.cross->setClipAxisRect(panel.rect);
        for (auto* position : {panel.cross->point1, panel.cross->point2}) {
            position->setAxisRect(panel.rect);
            position->setAxes(panel.rect->axis(QCPAxis::atBottom), panel.rect->axis(QCPAxis::atLeft));
            position->setTypeX(QCPItemPosition::ptPlotCoords);
            position->setTypeY(QCPItemPosition::ptAxisRectRatio);
        }
        panel.cross->setPen(QPen(m_style.color(Shade::SecondaryText), 1));
        panel.cross->setVisible(false);
    }
    m_dot = new QCPItemEllipse(this);
    m_dot->setLayer(QString::fromLatin1(overlayLayer));
    m_dot->setClipToAxisRect(false);
    m_dot->topLeft->setType(QCPItemPosition::ptAbsolute);
    m_dot->bottomRight->setType(QCPItemPosition::ptAbsolute);
    m_dot->setPen(QPen(m_style.color(Shade::Accent), 2));
    m_dot->setVisible(false);
}

CurvePlot::Panel CurvePlot::makePanel()
{
    Panel panel;
    panel.rect = makePanelRect(this);
    auto* x = panel.rect->axis(QCPAxis::atBottom);
    auto* y = panel.rect->axis(QCPAxis::atLeft);
    panel.plottable = new CurvePlottable(x, y, m_style);
    applyStyle(panel);
    const auto index = m_panels.size();
    for (auto* axis : {x, y})
        connect(axis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this, index] { onRange(index); });
    return panel;
}

void CurvePlot::applyStyle(const Panel& panel) const
{
    styleAxes(*panel.rect, m_style);
    if (panel.cross != nullptr)
        panel.cross->setPen(QPen(m_style.color(Shade::SecondaryText), 1));
}

void CurvePlot::describe(std::size_t index)
{
    const auto& panel = m_curves->panels[index];
    auto* x = m_panels[index].rect->axis(QCPAxis::atBottom);
    auto* y = m_panels[index].rect->axis(QCPAxis::atLeft);
    x->setScaleType(m_curves->options.logX ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    y->setScaleType(panel.logY ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    if (m_curves->options.x == CurveAxis::Wall) {
        const auto ticker = QSharedPointer<QCPAxisTickerDateTime>::create();
        ticker->setDateTimeFormat(m_curves->greatestX - m_curves->leastX > 86400 ? QStringLiteral("d MMM\nHH:mm")
                                                                                 : QStringLiteral("HH:mm"));
        ticker->setTickCount(4);
        x->setTicker(ticker);
    } else {
        const bool counts = m_curves->options.x == CurveAxis::Step || m_curves->options.x == CurveAxis::Tokens;
        x->setTicker(QSharedPointer<FigureTicker>::create(x, counts));
    }
    y->setTicker(QSharedPointer<FigureTicker>::create(y));
    y->setLabel(isLarge(panel) ? panel.title : inTwoLines(panel.title));
    x->setLabel(isLarge(panel) ? m_curves->xTitle : QString());
}

int CurvePlot::heightFor(const CurveDocument& curves)
{
    const auto large = static_cast<std::size_t>(std::count_if(curves.panels.begin(), curves.panels.end(), isLarge));
    const auto small = curves.panels.size() - large;
    constexpr int largeHeight = 190;
    constexpr int smallHeight = 115;
    return (large > 0 ? largeHeight : 0) + static_cast<int>((small + mostSmall - 1) / mostSmall) * smallHeight;
}

void CurvePlot::onRange(std::size_t index)
{
    if (m_setting || !m_curves || index >= m_panels.size())
        return;
    m_setting = true;
    auto* x = m_panels[index].rect->axis(QCPAxis::atBottom);
    x->setRange(x->range().bounded(m_curves->leastX, m_curves->greatestX)); // nobody gets lost in what is empty
    for (std::size_t i = 0; i < m_panels.size(); ++i)
        if (i != index)
            m_panels[i].rect->axis(QCPAxis::atBottom)->setRange(x->range());
    m_setting = false;
    m_zoomed = true;
    replotSoon();
    hidePoint();
    if (zoomChanged)
        zoomChanged();
}

void CurvePlot::resetZoom()
{
    m_setting = true;
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        const auto& panel = m_curves->panels[i];
        m_panels[i].rect->axis(QCPAxis::atBottom)->setRange(m_curves->leastX, m_curves->greatestX);
        m_panels[i].rect->axis(QCPAxis::atLeft)->setRange(panel.leastY, panel.greatestY);
    }
    m_setting = false;
    m_zoomed = false;
    replotSoon();
    if (zoomChanged)
        zoomChanged();
}

int CurvePlot::panelAt(const QPointF& position) const
{
    for (std::size_t i = 0; i < m_panels.size(); ++i)
        if (m_panels[i].rect->rect().adjusted(-2, -2, 2, 2).contains(position.toPoint()))
            return static_cast<int>(i);
    return -1;
}

void CurvePlot::hidePoint()
{
    if (m_dot == nullptr || !m_dot->visible())
        return;
    point(-1, {});
}

void CurvePlot::point(int index, const CurvePlace& place)
{
    if (m_dot == nullptr)
        return;
    m_dot->setVisible(place.isValid());
    for (const auto& panel : m_panels)
        panel.cross->setVisible(place.isValid());
    if (place.isValid()) {
        const auto& line =
            m_curves->panels[static_cast<std::size_t>(index)].lines[static_cast<std::size_t>(place.line)];
        const double x = line.x[static_cast<std::size_t>(place.point)];
        for (const auto& panel : m_panels) {
            panel.cross->point1->setCoords(x, 0);
            panel.cross->point2->setCoords(x, 1);
        }
        const auto at = m_panels[static_cast<std::size_t>(index)].plottable->positionOf(place);
        const QPointF radius(m_style.mark, m_style.mark);
        m_dot->topLeft->setCoords(at - radius);
        m_dot->bottomRight->setCoords(at + radius);
    }
    m_dot->layer()->replot();
}

void CurvePlot::paint(QCPPainter& painter, const QSize& size)
{
    resize(size);
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    setViewport(QRect(QPoint(), size));
    settle();
    toPainter(&painter, size.width(), size.height());
}

} // namespace icae

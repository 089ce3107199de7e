#include "widgets/plot/figure_plot.h"

#include "widgets/plot/figure_ticks.h"
#include "widgets/plot/plot_axes.h"

#include <QFontMetrics>

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

constexpr auto overlayLayer = "overlay"; // QCustomPlot's own; painted apart, so that a ring costs nothing

bool isClose(double a, double b, double span)
{
    return std::abs(a - b) <= std::abs(span) * 1e-6;
}

QCPRange rangeX(const FigurePanel& panel)
{
    return {panel.leastX, panel.greatestX};
}

QCPRange rangeY(const FigurePanel& panel)
{
    if (!panel.fields.empty())
        return {-0.5, static_cast<double>(panel.rowNames.size()) - 0.5};
    return {panel.leastY, panel.greatestY};
}

QCPRange wholeX(const FigurePanel& panel)
{
    return panel.fields.empty() ? rangeX(panel) : QCPRange(-0.5, static_cast<double>(panel.categories.size()) - 0.5);
}

bool equals(const QCPRange& a, const QCPRange& b)
{
    return isClose(a.lower, b.lower, b.size()) && isClose(a.upper, b.upper, b.size());
}

} // namespace

FigurePlot::FigurePlot(const FigureStyle& style, QWidget* parent)
    : QCustomPlot(parent)
    , m_style(style)
    , m_margins(new QCPMarginGroup(this))
    , m_ring(nullptr)
{
    plotLayout()->clear();
    setNoAntialiasingOnDrag(false);
    layer(QString::fromLatin1(overlayLayer))->setMode(QCPLayer::lmBuffered);
    setBackground(QBrush(m_style.color(Shade::Surface)));
}

void FigurePlot::restyle(const FigureStyle& changed)
{
    m_style = changed;
    setBackground(QBrush(m_style.color(Shade::Surface)));
    for (const auto& panel : m_panels)
        styleAxes(*panel.rect, m_style);
    for (std::size_t i = 0; i < m_panels.size(); ++i)
        describe(i);
    if (m_ring != nullptr)
        m_ring->setPen(QPen(m_style.color(Shade::Accent), 2));
    replot(rpQueuedReplot);
}

bool FigurePlot::hasSamePanels(const FigureDocument& other) const
{
    return m_figure
        && std::equal(m_figure->panels.begin(), m_figure->panels.end(), other.panels.begin(), other.panels.end(),
                      [](const FigurePanel& a, const FigurePanel& b) {
                          return a.measure == b.measure && a.x == b.x && a.fields.empty() == b.fields.empty()
                              && a.logX == b.logX && a.logY == b.logY && a.categories == b.categories
                              && a.rowNames == b.rowNames;
                      });
}

void FigurePlot::setFigure(FigureDocumentPtr figure)
{
    const bool stays = figure && hasSamePanels(*figure) && isZoomed();
    const bool same = figure && hasSamePanels(*figure);
    m_figure = std::move(figure);
    if (!same)
        rebuild();
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        m_panels[i].plottable->setPanel(&m_figure->panels[i]);
        describe(i);
    }
    if (!stays)
        resetZoom();
    replot(rpQueuedReplot);
}

void FigurePlot::rebuild()
{
    m_limiting = true;
    m_ring = nullptr;
    clearItems();
    clearPlottables();
    plotLayout()->clear();
    m_panels.clear();
    m_columns = 0;
    m_limiting = false;
    if (!m_figure)
        return;
    for (const auto& panel : m_figure->panels)
        m_panels.push_back(makePanel(panel));
    arrange(width());
    if (!m_panels.empty()) { // after the panels have their places: QCustomPlot's items look for one
        m_ring = new QCPItemEllipse(this);
        m_ring->setLayer(QString::fromLatin1(overlayLayer));
        m_ring->setClipToAxisRect(false);
        m_ring->topLeft->setType(QCPItemPosition::ptAbsolute);
        m_ring->bottomRight->setType(QCPItemPosition::ptAbsolute);
        m_ring->setPen(QPen(m_style.color(Shade::Accent), 2));
        m_ring->setVisible(false);
    }
}

FigurePlot::Panel FigurePlot::makePanel(const FigurePanel& figurePanel)
{
    Panel panel;
    panel.rect = makePanelRect(this);
    auto* x = panel.rect->axis(QCPAxis::atBottom);
    auto* y = panel.rect->axis(QCPAxis::atLeft);
    const bool isHeat = !figurePanel.fields.empty();
    y->grid()->setVisible(!isHeat);
    if (isHeat) {
        panel.rect->setRangeDrag({});
        panel.rect->setRangeZoom({});
    }
    panel.rect->setMarginGroup(QCP::msTop | QCP::msBottom, m_margins);
    panel.plottable = new PanelPlottable(x, y, m_style);
    styleAxes(*panel.rect, m_style);
    const auto index = m_panels.size();
    for (auto* axis : {x, y})
        connect(axis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this, index] { limit(index); });
    return panel;
}

void FigurePlot::describe(std::size_t index)
{
    const auto& panel = m_figure->panels[index];
    const auto& view = m_panels[index];
    auto* x = view.rect->axis(QCPAxis::atBottom);
    auto* y = view.rect->axis(QCPAxis::atLeft);
    x->setScaleType(panel.logX ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    y->setScaleType(panel.logY ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    x->setTicker(QSharedPointer<FigureTicker>::create(x, panel.ticks, panel.categories));
    y->setTicker(QSharedPointer<FigureTicker>::create(y, std::vector<double>(), panel.rowNames));
    x->setLabel(panel.xTitle);
    y->setLabel(panel.fields.empty() ? panel.title : QStringLiteral("%1 · %2").arg(panel.title, panel.rowTitle));
    // Names of categories stand upright where they have no room beside each other.
    const QFontMetrics metrics(m_style.font);
    int widest = 0;
    for (const auto& name : panel.categories)
        widest = std::max(widest, metrics.horizontalAdvance(name));
    const auto room = panel.categories.isEmpty()
        ? 0
        : (width() / std::max(1, m_columns) - 60) / static_cast<int>(panel.categories.size());
    x->setTickLabelRotation(!panel.categories.isEmpty() && widest + 6 > room ? -45 : 0);
}

int FigurePlot::columnsFor(std::size_t panels, int width)
{
    constexpr int least = 150; // pixels of a panel
    const auto most = std::clamp(width / least, 1, static_cast<int>(std::max<std::size_t>(1, panels)));
    const auto rows = (static_cast<int>(panels) + most - 1) / most;
    return rows == 0 ? 1 : (static_cast<int>(panels) + rows - 1) / rows; // rows as equal as can be
}

void FigurePlot::arrange(int width)
{
    const auto columns = columnsFor(m_panels.size(), width);
    if (columns == m_columns)
        return;
    m_columns = columns;
    auto* layout = plotLayout();
    for (const auto& panel : m_panels)
        if (panel.rect->layout() != nullptr)
            layout->take(panel.rect);
    layout->simplify();
    layout->setColumnSpacing(10);
    layout->setRowSpacing(8);
    for (std::size_t i = 0; i < m_panels.size(); ++i)
        layout->addElement(static_cast<int>(i) / columns, static_cast<int>(i) % columns, m_panels[i].rect);
    if (m_figure)
        for (std::size_t i = 0; i < m_panels.size(); ++i)
            describe(i);
}

int FigurePlot::heightFor(const FigureDocument& figure, int width)
{
    const auto columns = columnsFor(figure.panels.size(), width);
    const auto rows = (static_cast<int>(figure.panels.size()) + columns - 1) / columns;
    const auto each = std::clamp(width / columns * 4 / 5, 150, 240);
    return rows * each;
}

void FigurePlot::limit(std::size_t index)
{
    if (m_limiting || !m_figure || index >= m_panels.size())
        return;
    m_limiting = true;
    const auto& panel = m_figure->panels[index];
    auto* x = m_panels[index].rect->axis(QCPAxis::atBottom);
    auto* y = m_panels[index].rect->axis(QCPAxis::atLeft);
    // What lies outside of the whole is empty: nobody gets lost there.
    x->setRange(x->range().bounded(wholeX(panel).lower, wholeX(panel).upper));
    y->setRange(y->range().bounded(rangeY(panel).lower, rangeY(panel).upper));
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        const auto& other = m_figure->panels[i];
        if (i != index && other.x == panel.x && other.categories == panel.categories && other.logX == panel.logX)
            m_panels[i].rect->axis(QCPAxis::atBottom)->setRange(x->range()); // a shared x
    }
    m_limiting = false;
    replot(rpQueuedReplot);
    if (zoomChanged)
        zoomChanged();
}

bool FigurePlot::isZoomed() const
{
    if (!m_figure)
        return false;
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        const auto& panel = m_figure->panels[i];
        if (!equals(m_panels[i].rect->axis(QCPAxis::atBottom)->range(), wholeX(panel))
            || !equals(m_panels[i].rect->axis(QCPAxis::atLeft)->range(), rangeY(panel)))
            return true;
    }
    return false;
}

void FigurePlot::resetZoom()
{
    m_limiting = true;
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        m_panels[i].rect->axis(QCPAxis::atBottom)->setRange(wholeX(m_figure->panels[i]));
        m_panels[i].rect->axis(QCPAxis::atLeft)->setRange(rangeY(m_figure->panels[i]));
    }
    m_limiting = false;
    replot(rpQueuedReplot);
    if (zoomChanged)
        zoomChanged();
}

int FigurePlot::panelAt(const QPointF& position) const
{
    for (std::size_t i = 0; i < m_panels.size(); ++i)
        if (m_panels[i].rect->rect().adjusted(-8, -8, 8, 8).contains(position.toPoint()))
            return static_cast<int>(i);
    return -1;
}

void FigurePlot::setCurrent(int study, int cell)
{
    for (const auto& panel : m_panels)
        panel.plottable->setCurrent(study, cell);
    replot(rpQueuedReplot);
}

void FigurePlot::ring(const std::optional<QPointF>& at)
{
    if (m_ring == nullptr || (!at && !m_ring->visible()))
        return;
    m_ring->setVisible(at.has_value());
    if (at) {
        const QPointF radius(m_style.mark * 2, m_style.mark * 2);
        m_ring->topLeft->setCoords(*at - radius);
        m_ring->bottomRight->setCoords(*at + radius);
    }
    m_ring->layer()->replot();
}

void FigurePlot::paint(QCPPainter& painter, const QSize& size)
{
    resize(size);
    arrange(size.width());
    for (std::size_t i = 0; i < m_panels.size(); ++i)
        describe(i);
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    // Ticks are chosen by the room that an axis has, before the layout that gives it: the first time it has none.
    setViewport(QRect(QPoint(), size));
    for (const auto phase : {QCPLayoutElement::upPreparation, QCPLayoutElement::upMargins, QCPLayoutElement::upLayout})
        plotLayout()->update(phase);
    toPainter(&painter, size.width(), size.height());
}

} // namespace icae

#pragma once

#include "widgets/plot/figure_style.h"
#include "widgets/plot/panel_plottable.h"
#include "widgets/plot/qcp.h"

#include <functional>
#include <optional>
#include <vector>

namespace icae {

/// The panels of a figure beside or below each other, as QCustomPlot draws them. The window's figure and exports share
/// it.
class FigurePlot : public QCustomPlot {
public:
    explicit FigurePlot(const FigureStyle& style, QWidget* parent = nullptr);

    /// Takes colours and type again.
    void restyle(const FigureStyle& style);
    /// @param figure kept for as long as it is shown
    void setFigure(FigureDocumentPtr figure);
    const FigureDocumentPtr& figure() const { return m_figure; }

    /// Lays the panels out in as many columns as a width has room for.
    void arrange(int width);
    /// Height that suits a width, on paper.
    static int heightFor(const FigureDocument& figure, int width);

    bool isZoomed() const;
    void resetZoom();
    /// Called when a view changed.
    std::function<void()> zoomChanged;

    std::size_t panelCount() const { return m_panels.size(); }
    PanelPlottable& panel(std::size_t index) const { return *m_panels[index].plottable; }
    /// Index of the panel at a position; −1 where there is none.
    int panelAt(const QPointF& position) const;
    void setCurrent(int study, int cell);
    /// Rings a mark, quickly; an invalid position takes the ring away.
    void ring(const std::optional<QPointF>& at);
    /// Draws at once, on any device.
    void paint(QCPPainter& painter, const QSize& size);

private:
    struct Panel {
        QCPAxisRect* rect = nullptr;
        PanelPlottable* plottable = nullptr;
    };

    void rebuild();
    Panel makePanel(const FigurePanel& panel);
    void describe(std::size_t index);
    void limit(std::size_t index);
    static int columnsFor(std::size_t panels, int width);
    bool hasSamePanels(const FigureDocument& other) const;

    FigureStyle m_style;
    FigureDocumentPtr m_figure;
    std::vector<Panel> m_panels;
    QCPMarginGroup* m_margins;
    QCPItemEllipse* m_ring;
    int m_columns = 0;
    bool m_limiting = false;
};

} // namespace icae

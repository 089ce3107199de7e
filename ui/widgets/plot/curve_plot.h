#pragma once

#include "widgets/plot/curve_plottable.h"

#include <QTimer>

#include <functional>
#include <vector>

namespace icae {

/// The panels of curves over one shared x axis: losses large, all else as small multiples below. The window's chart and
/// exports share it.
class CurvePlot : public QCustomPlot {
public:
    explicit CurvePlot(const FigureStyle& style, QWidget* parent = nullptr);

    void restyle(const FigureStyle& style);
    /// @param curves kept for as long as they are shown. A view that was zoomed into stays where it is.
    void setCurves(CurveDocumentPtr curves);
    const CurveDocumentPtr& curves() const { return m_curves; }

    static int heightFor(const CurveDocument& curves); ///< on paper
    bool isZoomed() const { return m_zoomed; }
    void resetZoom();
    std::function<void()> zoomChanged; ///< called when a view changed

    std::size_t panelCount() const { return m_panels.size(); }
    CurvePlottable& panel(std::size_t index) const { return *m_panels[index].plottable; }
    QRect panelRect(std::size_t index) const { return m_panels[index].rect->rect(); }
    int panelAt(const QPointF& position) const; ///< −1 where there is none
    /// Draws a line through all panels at an x, and a dot in one of them; nothing without a value. Quick.
    void point(int panel, const CurvePlace& place);
    /// Draws at once, on any device.
    void paint(QCPPainter& painter, const QSize& size);

private:
    struct Panel {
        QCPAxisRect* rect = nullptr;
        CurvePlottable* plottable = nullptr;
        QCPItemStraightLine* cross = nullptr;
    };

    void settle();
    void replotSoon(); ///< once, unless something else draws before
    void rebuild();
    Panel makePanel();
    void applyStyle(const Panel& panel) const;
    void describe(std::size_t index);
    void onRange(std::size_t index);
    void hidePoint();
    bool hasSamePanels(const CurveDocument& other) const;
    static bool isLarge(const CurvePanel& panel);

    FigureStyle m_style;
    CurveDocumentPtr m_curves;
    std::vector<Panel> m_panels;
    QCPMarginGroup* m_margins;
    QTimer m_replot;
    QRect m_settled; ///< where panels had their room; null: they are new
    QCPItemEllipse* m_dot = nullptr;
    bool m_setting = false; ///< ranges change by us
    bool m_zoomed = false;
};

} // namespace icae

#pragma once

#include "widgets/plot/figure_style.h"
#include "widgets/plot/qcp.h"

#include <vector>

namespace icae {

/// A mark of a panel that the pointer or the keys are at: a point of a series, a dot, or a field of a heat map.
struct FigureMark {
    int series = -1; ///< −1 with a point: a field
    int point = -1;
    int dot = -1;

    bool isValid() const { return point >= 0 || dot >= 0; }
    bool operator==(const FigureMark&) const = default;
};

/// Paints a panel: bands, then samples, then lines and markers, of all series; or a heat map.
class PanelPlottable : public QCPAbstractPlottable {
public:
    PanelPlottable(QCPAxis* x, QCPAxis* y, const FigureStyle& style);

    /// @param panel lives as long as the figure that is shown
    void setPanel(const FigurePanel* panel) { m_panel = panel; }
    /// A cell of a study to mark.
    void setCurrent(int study, int cell);

    /// What is nearest to a position, within reach of a pointer.
    FigureMark markAt(const QPointF& position) const;
    QPointF positionOf(const FigureMark& mark) const;

    double selectTest(const QPointF& pos, bool onlySelectable, QVariant* details) const override;
    QCPRange getKeyRange(bool& foundRange, QCP::SignDomain inSignDomain) const override;
    QCPRange getValueRange(bool& foundRange, QCP::SignDomain inSignDomain, const QCPRange& inKeyRange) const override;

protected:
    void draw(QCPPainter* painter) override;
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

private:
    QPointF pixel(double x, double y) const;
    /// Pixels by which a series stands beside its category.
    double dodge(std::size_t series) const;
    QPointF dotPixel(std::size_t series, const FigureDot& dot) const;
    void drawBand(QCPPainter* painter, std::size_t series) const;
    void drawDots(QCPPainter* painter, std::size_t series) const;
    void drawLine(QCPPainter* painter, std::size_t series) const;
    void drawPublished(QCPPainter* painter, std::size_t series) const;
    void drawFields(QCPPainter* painter) const;
    QRectF fieldRect(const FigureField& field) const;

    const FigureStyle& m_style;
    const FigurePanel* m_panel = nullptr;
    int m_currentStudy = -1;
    int m_currentCell = -1;
};

} // namespace icae

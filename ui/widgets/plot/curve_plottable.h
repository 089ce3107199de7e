#pragma once

#include "models/curve_document.h"
#include "widgets/plot/figure_style.h"
#include "widgets/plot/qcp.h"

#include <optional>

namespace icae {

/// Where the pointer is on curves: a line of a panel and one of its points.
struct CurvePlace {
    int line = -1;
    int point = -1;

    bool isValid() const { return line >= 0; }
};

/// Paints the curves of a panel from all their points, as far as they are in sight.
class CurvePlottable : public QCPAbstractPlottable {
public:
    CurvePlottable(QCPAxis* x, QCPAxis* y, const FigureStyle& style);

    /// @param panel lives as long as the curves that are shown; so do marks
    void setPanel(const CurvePanel* panel, const std::vector<CurveMark>* marks, bool withKey);

    /// The point nearest to a position, of the line that is nearest there.
    CurvePlace placeAt(const QPointF& position) const;
    QPointF positionOf(const CurvePlace& place) const;
    /// The event whose mark is at a position; null where there is none.
    const CurveMark* markAt(const QPointF& position) const;

    double selectTest(const QPointF& pos, bool onlySelectable, QVariant* details) const override;
    QCPRange getKeyRange(bool& foundRange, QCP::SignDomain inSignDomain) const override;
    QCPRange getValueRange(bool& foundRange, QCP::SignDomain inSignDomain, const QCPRange& inKeyRange) const override;

protected:
    void draw(QCPPainter* painter) override;
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

private:
    QPointF pixel(double x, double y) const;
    QColor colorOf(const CurveLine& line) const { return m_style.series(line.color); }
    QColor ghostOf(const CurveLine& line) const; ///< of what was logged, behind the line
    void drawMarks(QCPPainter* painter) const;
    void drawLine(QCPPainter* painter, const CurveLine& line, const std::vector<QPolygonF>& paths) const;
    void drawPoints(QCPPainter* painter, const CurveLine& line) const;
    QRectF keyBox(const QSizeF& size, const std::vector<std::vector<QPolygonF>>& paths) const;
    void drawKey(QCPPainter* painter, const std::vector<std::vector<QPolygonF>>& paths) const;

    const FigureStyle& m_style;
    const CurvePanel* m_panel = nullptr;
    const std::vector<CurveMark>* m_marks = nullptr;
    bool m_withKey = false;
};

} // namespace icae

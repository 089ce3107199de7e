#pragma once

#include "models/curve_document.h"
#include "widgets/plot/qcp.h"

#include <QPolygonF>
#include <QRect>

#include <vector>

namespace icae {

/// Where an axis's values are in pixels, as its coordToPixel() has it, without asking for its range and place at each
/// of a hundred thousand values.
class PixelScale {
public:
    explicit PixelScale(const QCPAxis& axis);

    double pixelOf(double value) const;
    double valueAt(double pixel) const;
    double least() const { return m_range.lower; } ///< in sight
    double greatest() const { return m_range.upper; }

private:
    QCPRange m_range;
    bool m_logarithmic;
    double m_slope = 1;
    double m_offset = 0;
    double m_before = 0; ///< for what a logarithmic axis has no place for: out of sight, before its beginning
};

/// What of a panel is in sight, and where.
struct CurveView {
    QRect area; ///< pixels
    PixelScale x;
    PixelScale y;
};

/// What is drawn of a line in sight, in pixels; a gap between each two. What falls on one column of pixels becomes its
/// least, greatest and last value, so that no spike is dropped and the time does not grow with what is out of sight.
std::vector<QPolygonF> linePaths(const CurveLine& line, const CurveView& view);

/// Likewise of what was logged, behind a line that is smoothed: each column's least and greatest value.
/// @param columns to a pixel of the view: more than 1 where the device has smaller ones
std::vector<QPolygonF> ghostPaths(const CurveLine& line, const CurveView& view, double columns = 1);

} // namespace icae

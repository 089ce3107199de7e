#pragma once

#include <QColor>
#include <QList>
#include <QPolygonF>
#include <QRect>

#include <cstddef>
#include <vector>

class QPainter;

namespace icae {

/// Lines over each other, as what each covers of a column of pixels. QPainter walks every pixel of every stroke: ten
/// noisy curves that lie over each other take it ten times as long as they do here, where a column is filled at once.
class ColumnImage {
public:
    /// @param area that is drawn to, in the painter's pixels; @param ratio pixels of the device in one of those
    ColumnImage(const QRect& area, double ratio);

    /// A line of the width of one of the painter's pixels, over those before it.
    /// @param line in the painter's pixels
    /// @param dash pixels drawn, left out, drawn, …; empty: all. Where a column is left out that reaches up or down,
    /// its ends are drawn all the same.
    void add(const QPolygonF& line, const QColor& color, const QList<qreal>& dash = {});
    bool isEmpty() const { return m_pixels.empty(); } ///< nothing was added
    void draw(QPainter& painter) const;

private:
    QRect m_area;
    double m_ratio;
    int m_width;
    int m_height;
    std::vector<QRgb> m_pixels; ///< column by column
};

} // namespace icae

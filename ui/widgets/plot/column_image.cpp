#include "widgets/plot/column_image.h"

#include <QImage>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace icae {

namespace {

/// What a line covers of the column that it is in.
struct Extent {
    int column = -1;
    double top = std::numeric_limits<double>::infinity();
    double bottom = -std::numeric_limits<double>::infinity();
};

/// Whether a dash's pattern leaves a pixel out.
bool isLeftOut(const QList<qreal>& dash, double pixel)
{
    const double length = std::accumulate(dash.begin(), dash.end(), 0.0);
    double at = length > 0 ? std::fmod(pixel, length) : 0;
    bool out = false;
    for (const double part : dash) {
        if (at < part)
            return out;
        at -= part;
        out = !out;
    }
    return false;
}

} // namespace

ColumnImage::ColumnImage(const QRect& area, double ratio)
    : m_area(area)
    , m_ratio(ratio)
    , m_width(static_cast<int>(std::ceil(area.width() * ratio)))
    , m_height(static_cast<int>(std::ceil(area.height() * ratio)))
{
}

void ColumnImage::add(const QPolygonF& line, const QColor& color, const QList<qreal>& dash)
{
    if (m_width <= 0 || m_height <= 0)
        return;
    m_pixels.resize(static_cast<std::size_t>(m_width) * static_cast<std::size_t>(m_height));
    const auto pixel = qPremultiply(color.rgba());
    const auto width = std::max<std::ptrdiff_t>(1, std::lround(std::floor(m_ratio)));
    Extent extent;
    const auto fill = [&] {
        if (extent.column < 0 || extent.column >= m_width || extent.bottom < 0 || extent.top >= m_height)
            return;
        const auto column = m_pixels.begin() + static_cast<std::ptrdiff_t>(extent.column) * m_height;
        const auto rows = [&](double from, double to) {
            const auto first = static_cast<std::ptrdiff_t>(std::max(from, 0.0));
            const auto end = std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(to) + width, m_height);
            if (first < end)
                std::fill(column + first, column + end, pixel);
        };
        if (dash.isEmpty() || !isLeftOut(dash, extent.column / m_ratio)) {
            rows(extent.top, extent.bottom);
        } else if (extent.bottom - extent.top > 2 * m_ratio) {
            rows(extent.top, extent.top);
            rows(extent.bottom, extent.bottom);
        }
    };
    const auto cover = [&](int column, double from, double to) {
        if (column != extent.column) {
            fill();
            extent = {};
            extent.column = column;
        }
        extent.top = std::min({extent.top, from, to});
        extent.bottom = std::max({extent.bottom, from, to});
    };
    const auto columnOf = [&](double x) { return static_cast<int>(std::floor(std::clamp(x, -1.0, m_width + 1.0))); };
    const auto toImage = [&](const QPointF& point) { return (point - m_area.topLeft()) * m_ratio; };
    if (line.size() == 1) {
        const auto only = toImage(line.front());
        cover(columnOf(only.x()), only.y(), only.y());
    }
    for (qsizetype i = 1; i < line.size(); ++i) {
        auto from = toImage(line[i - 1]);
        auto to = toImage(line[i]);
        if (to.x() < from.x())
            std::swap(from, to);
        const int first = columnOf(from.x());
        const int last = columnOf(to.x());
        if (first == last) {
            cover(first, from.y(), to.y());
            continue;
        }
        const double slope = (to.y() - from.y()) / (to.x() - from.x());
        const auto at = [&](double x) { return from.y() + slope * (std::clamp(x, from.x(), to.x()) - from.x()); };
        for (int column = first; column <= last; ++column)
            cover(column, at(column), at(column + 1.0));
    }
    fill();
}

void ColumnImage::draw(QPainter& painter) const
{
    if (isEmpty())
        return;
    QImage image(m_width, m_height, QImage::Format_ARGB32_Premultiplied);
    constexpr int block = 16; // columns and rows are some kilobytes apart: neither is walked alone
    for (int top = 0; top < m_height; top += block)
        for (int left = 0; left < m_width; left += block)
            for (int y = top; y < std::min(top + block, m_height); ++y) {
                auto* row = reinterpret_cast<QRgb*>(image.scanLine(y));
                for (int x = left; x < std::min(left + block, m_width); ++x)
                    row[x] = m_pixels[static_cast<std::size_t>(x) * static_cast<std::size_t>(m_height)
                                      + static_cast<std::size_t>(y)];
            }
    image.setDevicePixelRatio(m_ratio);
    painter.drawImage(m_area.topLeft(), image);
}

} // namespace icae

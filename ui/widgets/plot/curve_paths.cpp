#include "widgets/plot/curve_paths.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace icae {

namespace {

/// Leaves out points that lie on the line between those beside them, but for a fraction of a pixel. `x` ascends.
QPolygonF simplified(const QPolygonF& path)
{
    constexpr double tolerance = 0.25;
    QPolygonF kept;
    double least = 0; // slopes from the last point kept that pass all points since
    double greatest = 0;
    for (qsizetype i = 0; i < path.size(); ++i) {
        if (kept.isEmpty()) {
            kept << path[i];
            least = -std::numeric_limits<double>::infinity();
            greatest = -least;
            continue;
        }
        const auto to = path[i] - kept.back();
        if (to.x() > 0 && to.y() >= least * to.x() && to.y() <= greatest * to.x()) {
            least = std::max(least, (to.y() - tolerance) / to.x());
            greatest = std::min(greatest, (to.y() + tolerance) / to.x());
            continue;
        }
        if (kept.back() != path[i - 1])
            kept << path[i - 1];
        const auto next = path[i] - kept.back();
        if (next.x() > 0) {
            least = (next.y() - tolerance) / next.x();
            greatest = (next.y() + tolerance) / next.x();
        } else { // straight up or down
            kept << path[i];
            least = -std::numeric_limits<double>::infinity();
            greatest = -least;
        }
    }
    if (!path.isEmpty() && kept.back() != path.back())
        kept << path.back();
    return kept;
}

/// The first of the points from `first` on that is not before `bound`; `size` where there is none. Looks around a
/// guess, so that it touches hardly more than what is drawn.
std::size_t placeOf(const std::vector<double>& x, double bound, std::size_t first, std::size_t guess, std::size_t size)
{
    auto low = first;
    auto high = std::min(guess, size);
    std::size_t step = 1;
    if (high < size && x[high] < bound) {
        low = high + 1;
        for (; low + step < size && x[low + step] < bound; step *= 2)
            low += step + 1;
        high = std::min(low + step, size);
    } else {
        for (; first + step < high && x[high - step] >= bound; step *= 2)
            high -= step;
        if (first + step < high)
            low = high - step + 1;
    }
    const auto at = [&](std::size_t index) { return x.begin() + static_cast<std::ptrdiff_t>(index); };
    return static_cast<std::size_t>(std::lower_bound(at(low), at(high), bound) - x.begin());
}

/// Calls `column(x pixel, first, last)` with the points [first, last) of each column in sight.
/// @param columns to a pixel
template <typename Column>
void forEachColumn(const CurveLine& line, const CurveView& view, double columns, const Column& column)
{
    const auto size = line.x.size();
    const auto at = [&](double x) {
        return static_cast<std::size_t>(std::lower_bound(line.x.begin(), line.x.end(), x) - line.x.begin());
    };
    // One point before and behind what is in sight, so that lines reach the edges.
    const auto begin = std::max<std::size_t>(at(view.x.least()), 1) - 1;
    const auto end = std::min(at(view.x.greatest()) + 1, size);
    if (begin >= end)
        return;
    const auto count = static_cast<int>(std::ceil(view.area.width() * columns));
    if (end - begin <= static_cast<std::size_t>(count) * 2) {
        for (auto i = begin; i < end; ++i)
            column(view.x.pixelOf(line.x[i]), i, i + 1);
        return;
    }
    column(view.x.pixelOf(line.x[begin]), begin, begin + 1);
    auto next = begin + 1;
    std::size_t points = 0; // columns have about as many as the one before
    for (int i = 0; i < count && next < end; ++i) {
        const double bound = view.x.valueAt(view.area.left() + (i + 1) / columns);
        const auto last = placeOf(line.x, bound, next, next + points, end);
        points = last - next;
        if (last > next)
            column(view.area.left() + (i + 0.5) / columns, next, last);
        next = last;
    }
    if (next < end)
        column(view.x.pixelOf(line.x[next]), next, next + 1);
}

/// A value's place, not so far out of sight that drawing it would take long; below where it has none on the axis.
class Height {
public:
    Height(const CurveView& view, double beyond)
        : m_scale(view.y)
        , m_top(view.area.top() - beyond)
        , m_bottom(view.area.bottom() + beyond)
    {
    }

    double operator()(double value) const
    {
        const double at = m_scale.pixelOf(value);
        return std::isfinite(at) ? std::clamp(at, m_top, m_bottom) : m_bottom;
    }

private:
    const PixelScale& m_scale;
    double m_top;
    double m_bottom;
};

} // namespace

PixelScale::PixelScale(const QCPAxis& axis)
    : m_range(axis.range())
    , m_logarithmic(axis.scaleType() == QCPAxis::stLogarithmic)
{
    const auto placeOf = [this](double value) { return m_logarithmic ? std::log(value) : value; };
    const double from = axis.coordToPixel(m_range.lower);
    m_slope = (axis.coordToPixel(m_range.upper) - from) / (placeOf(m_range.upper) - placeOf(m_range.lower));
    m_offset = from - m_slope * placeOf(m_range.lower);
    m_before = from - std::copysign(200, m_slope);
}

double PixelScale::pixelOf(double value) const
{
    if (m_logarithmic && value <= 0)
        return m_before;
    return m_offset + m_slope * (m_logarithmic ? std::log(value) : value);
}

double PixelScale::valueAt(double pixel) const
{
    const double place = (pixel - m_offset) / m_slope;
    return m_logarithmic ? std::exp(place) : place;
}

std::vector<QPolygonF> linePaths(const CurveLine& line, const CurveView& view)
{
    std::vector<QPolygonF> paths;
    QPolygonF path;
    const auto finish = [&] {
        if (!path.isEmpty())
            paths.push_back(simplified(path));
        path.clear();
    };
    const Height y(view, 100);
    forEachColumn(line, view, 1, [&](double x, std::size_t first, std::size_t last) {
        const auto range = line.smoothExtremes.of(line.smooth, first, last);
        if (range.isEmpty()) {
            finish();
            return;
        }
        auto latest = last - 1;
        while (!std::isfinite(line.smooth[latest]))
            --latest;
        const double low = y(range.least);
        const double high = y(range.greatest);
        if (last - first > 1 && low - high > 1)
            path << QPointF(x, low) << QPointF(x, high);
        path << QPointF(x, y(line.smooth[latest]));
    });
    finish();
    return paths;
}

std::vector<QPolygonF> ghostPaths(const CurveLine& line, const CurveView& view, double columns)
{
    std::vector<QPolygonF> paths;
    QPolygonF path;
    const auto finish = [&] {
        if (path.size() > 1)
            paths.push_back(path);
        path.clear();
    };
    const Height y(view, 1);
    forEachColumn(line, view, columns, [&](double x, std::size_t first, std::size_t last) {
        const auto range = line.rawExtremes.of(line.raw, first, last);
        if (range.isEmpty()) {
            finish();
            return;
        }
        path << QPointF(x, y(range.least));
        if (range.greatest > range.least)
            path << QPointF(x, y(range.greatest));
    });
    finish();
    return paths;
}

} // namespace icae

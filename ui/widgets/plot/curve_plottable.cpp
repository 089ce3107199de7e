#include "widgets/plot/curve_plottable.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>
#include <limits>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr double markReach = 5; // pixels
constexpr qsizetype mostSmoothPoints =
    1500; // of a panel that is drawn with antialiasing, which costs ten times as much

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

} // namespace

CurvePlottable::CurvePlottable(QCPAxis* x, QCPAxis* y, const FigureStyle& style)
    : QCPAbstractPlottable(x, y)
    , m_style(style)
{
    setSelectable(QCP::stNone);
}

void CurvePlottable::setPanel(const CurvePanel* panel, const std::vector<CurveMark>* marks, bool withKey)
{
    m_panel = panel;
    m_marks = marks;
    m_withKey = withKey;
}

QPointF CurvePlottable::pixel(double x, double y) const
{
    return {mKeyAxis->coordToPixel(x), mValueAxis->coordToPixel(y)};
}

template <typename Column> void CurvePlottable::forEachColumn(const CurveLine& line, const Column& column) const
{
    const auto area = clipRect();
    const auto size = line.x.size();
    const auto at = [&](double x) {
        return static_cast<std::size_t>(std::lower_bound(line.x.begin(), line.x.end(), x) - line.x.begin());
    };
    // One point before and behind what is in sight, so that lines reach the edges.
    const auto range = mKeyAxis->range();
    const auto begin = std::max<std::size_t>(at(range.lower), 1) - 1;
    const auto end = std::min(at(range.upper) + 1, size);
    if (begin >= end)
        return;
    if (end - begin <= static_cast<std::size_t>(area.width()) * 2) {
        for (auto i = begin; i < end; ++i)
            column(mKeyAxis->coordToPixel(line.x[i]), i, i + 1);
        return;
    }
    if (begin < end)
        column(mKeyAxis->coordToPixel(line.x[begin]), begin, begin + 1);
    auto next = begin + 1;
    const auto place = [&](std::size_t index) { return line.x.begin() + static_cast<std::ptrdiff_t>(index); };
    for (int x = area.left(); x <= area.right() && next < end; ++x) {
        const double bound = mKeyAxis->pixelToCoord(x + 1);
        std::size_t reach = 1; // columns have about as many points as the one before
        while (next + reach < end && line.x[next + reach] < bound)
            reach *= 2;
        const auto last = static_cast<std::size_t>(
            std::lower_bound(place(next), place(std::min(next + reach, end)), bound) - line.x.begin());
        if (last > next)
            column(x + 0.5, next, last);
        next = last;
    }
    if (next < end)
        column(mKeyAxis->coordToPixel(line.x[next]), next, next + 1);
}

void CurvePlottable::draw(QCPPainter* painter)
{
    if (m_panel == nullptr)
        return;
    drawMarks(painter);
    for (const auto& line : m_panel->lines)
        if (!line.isValidation)
            drawGhost(painter, line);
    std::vector<std::vector<QPolygonF>> paths;
    qsizetype points = 0;
    for (const auto& line : m_panel->lines) {
        paths.push_back(pathsOf(line));
        for (const auto& path : paths.back())
            points += path.size();
    }
    const bool antialiased = points <= mostSmoothPoints || painter->modes().testFlag(QCPPainter::pmVectorized);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const auto& line = m_panel->lines[i];
        drawLine(painter, line, paths[i], antialiased);
        if (line.isValidation)
            drawPoints(painter, line);
    }
    drawKey(painter, paths);
}

void CurvePlottable::drawMarks(QCPPainter* painter) const
{
    if (m_marks == nullptr)
        return;
    const auto area = clipRect();
    painter->setAntialiasing(false);
    double last = -1;
    for (const auto& mark : *m_marks) {
        const double x = mKeyAxis->coordToPixel(mark.x);
        if (x < area.left() || x > area.right() || (!mark.event.isAlert && std::abs(x - last) < 2))
            continue;
        last = x;
        const bool alert = mark.event.isAlert;
        const auto color = m_style.color(alert ? Shade::Error : Shade::SecondaryText);
        painter->setPen(QPen(color, 1, alert ? Qt::SolidLine : Qt::DotLine));
        painter->drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    }
}

void CurvePlottable::drawGhost(QCPPainter* painter, const CurveLine& line) const
{
    if (!line.isSmoothed)
        return;
    auto color = colorOf(line);
    const auto back = m_style.color(Shade::Surface);
    constexpr float share = 0.3F; // of the line's own colour
    color.setRgbF(color.redF() * share + back.redF() * (1 - share),
                  color.greenF() * share + back.greenF() * (1 - share),
                  color.blueF() * share + back.blueF() * (1 - share));
    painter->setAntialiasing(false);
    painter->setPen(QPen(color, 0));
    const auto area = clipRect();
    const double top = area.top() - 1.0;
    const double bottom = area.bottom() + 1.0;
    QPolygonF path;
    const auto finish = [&] {
        if (path.size() > 1)
            painter->drawPolyline(path);
        path.clear();
    };
    forEachColumn(line, [&](double x, std::size_t first, std::size_t last) {
        const auto range = line.rawExtremes.of(line.raw, first, last);
        if (range.isEmpty()) {
            finish();
            return;
        }
        const auto y = [&](double value) {
            const double at = mValueAxis->coordToPixel(value);
            return std::isfinite(at) ? std::clamp(at, top, bottom) : bottom;
        };
        path << QPointF(x, y(range.least));
        if (range.greatest > range.least)
            path << QPointF(x, y(range.greatest));
    });
    finish();
}

std::vector<QPolygonF> CurvePlottable::pathsOf(const CurveLine& line) const
{
    const auto area = clipRect();
    const double top = area.top() - 100.0;
    const double bottom = area.bottom() + 100.0;
    std::vector<QPolygonF> paths;
    QPolygonF path;
    const auto finish = [&] {
        if (!path.isEmpty())
            paths.push_back(simplified(path));
        path.clear();
    };
    const bool whole = line.raw.size() <= 2000; // then each point counts
    forEachColumn(line, [&](double x, std::size_t first, std::size_t last) {
        const auto range = line.smoothExtremes.of(line.smooth, first, last);
        if (range.isEmpty()) {
            finish();
            return;
        }
        auto latest = last - 1;
        while (!std::isfinite(line.smooth[latest]))
            --latest;
        const auto y = [&](double value) {
            const double at = mValueAxis->coordToPixel(value);
            return std::isfinite(at) ? std::clamp(at, top, bottom) : bottom;
        };
        const double low = y(range.least);
        const double high = y(range.greatest);
        if (!whole && low - high > 2)
            path << QPointF(x, low) << QPointF(x, high);
        path << QPointF(x, y(line.smooth[latest]));
    });
    finish();
    return paths;
}

void CurvePlottable::drawLine(QCPPainter* painter, const CurveLine& line, const std::vector<QPolygonF>& paths,
                              bool antialiased) const
{
    painter->setAntialiasing(antialiased);
    painter->setPen(QPen(colorOf(line), antialiased ? m_style.line : 0, FigureStyle::dash(line.dash, false)));
    for (const auto& path : paths) {
        if (path.size() > 1)
            painter->drawPolyline(path);
        else if (!line.isValidation)
            painter->drawPoint(path.front());
    }
}

void CurvePlottable::drawPoints(QCPPainter* painter, const CurveLine& line) const
{
    painter->setAntialiasing(true);
    const auto area = clipRect();
    constexpr std::size_t mostMarkers = 60;
    const bool each = line.x.size() <= mostMarkers;
    for (std::size_t i = 0; i < line.x.size(); ++i) {
        const bool best = static_cast<int>(i) == line.best;
        if (!std::isfinite(line.raw[i]) || (!each && !best))
            continue;
        const auto at = pixel(line.x[i], line.raw[i]);
        if (!std::isfinite(at.y()) || !area.adjusted(-6, -6, 6, 6).contains(at.toPoint()))
            continue;
        if (best)
            drawMarker(*painter, m_style, -1, at, colorOf(line), false);
        else
            drawMarker(*painter, m_style, line.color, at, colorOf(line), false);
    }
}

/// The corner where a key hides least. Where it would hide lines wherever it is, a panel that it fills a good part of
/// goes without: hovering tells what is what there.
QRectF CurvePlottable::keyBox(const QSizeF& size, const std::vector<std::vector<QPolygonF>>& paths) const
{
    const auto area = QRectF(clipRect()).adjusted(4, 2, -4, -2);
    if (size.width() > area.width() || size.height() > area.height())
        return {};
    const auto hidden = [&](const QRectF& box) {
        int count = 0;
        for (const auto& line : paths)
            for (const auto& path : line)
                for (qsizetype i = 1; i < path.size(); ++i)
                    count += box.intersects(QRectF(path[i - 1], path[i]).normalized().adjusted(0, 0, 0.1, 0.1)) ? 1 : 0;
        return count;
    };
    QRectF best;
    int least = std::numeric_limits<int>::max();
    for (const double y : {area.top(), area.bottom() - size.height()})
        for (const double x : {area.right() - size.width(), area.left()}) {
            const QRectF box(QPointF(x, y), size);
            if (const int count = hidden(box); count < least) {
                least = count;
                best = box;
            }
        }
    constexpr double smallShare = 0.2;
    const bool isSmall = size.width() * size.height() < smallShare * area.width() * area.height();
    return least == 0 || isSmall ? best : QRectF();
}

void CurvePlottable::drawKey(QCPPainter* painter, const std::vector<std::vector<QPolygonF>>& paths) const
{
    const auto area = QRectF(clipRect());
    const QFontMetricsF metrics(m_style.font);
    painter->setFont(m_style.font);
    const auto back = m_style.color(Shade::Surface);
    if (m_panel->above > 0) {
        const auto text = u"▲ "_s + tr("%L1 above").arg(m_panel->above);
        const QRectF box(area.left() + 4, area.top() + 2, metrics.horizontalAdvance(text), metrics.height());
        painter->fillRect(box, back);
        painter->setPen(m_style.color(Shade::SecondaryText));
        painter->drawText(box, Qt::AlignLeft | Qt::AlignVCenter, text);
    }
    if (!m_withKey)
        return;
    std::vector<const CurveLine*> keys;
    for (const auto& line : m_panel->lines)
        if (!line.label.isEmpty()
            && std::none_of(keys.begin(), keys.end(), [&](const auto* other) { return other->label == line.label; }))
            keys.push_back(&line);
    const bool several =
        std::any_of(m_panel->lines.begin(), m_panel->lines.end(), [](const auto& line) { return line.run > 0; });
    if (keys.empty() || (several && keys.size() < 2))
        return;
    double widest = 0;
    for (const auto* line : keys)
        widest = std::max(widest, metrics.horizontalAdvance(line->label));
    const double sample = metrics.height() * 1.4;
    const double width = sample + 6 + widest;
    const auto box = keyBox(QSizeF(width + 4, static_cast<double>(keys.size()) * metrics.height()), paths);
    if (box.isEmpty())
        return;
    auto veil = back;
    veil.setAlphaF(0.8F);
    painter->fillRect(box, veil);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const double y = box.top() + static_cast<double>(i) * metrics.height();
        const auto color = several ? m_style.color(Shade::SecondaryText) : colorOf(*keys[i]);
        painter->setAntialiasing(true);
        painter->setPen(QPen(color, m_style.line, FigureStyle::dash(keys[i]->dash, false), Qt::FlatCap));
        const double middle = y + metrics.height() / 2;
        painter->drawLine(QPointF(box.left(), middle), QPointF(box.left() + sample, middle));
        if (keys[i]->isValidation && !several)
            drawMarker(*painter, m_style, keys[i]->color, {box.left() + sample / 2, middle}, color, false);
        painter->setPen(m_style.color(Shade::Text));
        painter->drawText(QRectF(box.left() + sample + 6, y, widest + 2, metrics.height()), Qt::AlignVCenter,
                          keys[i]->label);
    }
}

CurvePlace CurvePlottable::placeAt(const QPointF& position) const
{
    CurvePlace found;
    if (m_panel == nullptr)
        return found;
    double nearest = std::numeric_limits<double>::infinity();
    const double x = mKeyAxis->pixelToCoord(position.x());
    for (std::size_t i = 0; i < m_panel->lines.size(); ++i) {
        const auto& line = m_panel->lines[i];
        if (line.x.empty())
            continue;
        auto at = static_cast<std::size_t>(std::lower_bound(line.x.begin(), line.x.end(), x) - line.x.begin());
        at = std::min(at, line.x.size() - 1);
        if (at > 0 && std::abs(line.x[at - 1] - x) < std::abs(line.x[at] - x))
            --at;
        const auto place = pixel(line.x[at], line.smooth[at]);
        const double distance = std::hypot(place.x() - position.x(), (place.y() - position.y()));
        if (std::isfinite(distance) && distance < nearest) {
            nearest = distance;
            found = {static_cast<int>(i), static_cast<int>(at)};
        }
    }
    return found;
}

QPointF CurvePlottable::positionOf(const CurvePlace& place) const
{
    const auto& line = m_panel->lines[static_cast<std::size_t>(place.line)];
    const auto at = static_cast<std::size_t>(place.point);
    return pixel(line.x[at], line.smooth[at]);
}

const CurveMark* CurvePlottable::markAt(const QPointF& position) const
{
    if (m_marks == nullptr)
        return nullptr;
    const CurveMark* found = nullptr;
    double nearest = markReach;
    for (const auto& mark : *m_marks) {
        const double distance = std::abs(mKeyAxis->coordToPixel(mark.x) - position.x());
        if (distance < nearest || (distance <= nearest && mark.event.isAlert)) {
            nearest = distance;
            found = &mark;
        }
    }
    return found;
}

double CurvePlottable::selectTest(const QPointF& /*pos*/, bool /*onlySelectable*/, QVariant* /*details*/) const
{
    return -1;
}

QCPRange CurvePlottable::getKeyRange(bool& foundRange, QCP::SignDomain /*inSignDomain*/) const
{
    foundRange = false;
    return {};
}

QCPRange CurvePlottable::getValueRange(bool& foundRange, QCP::SignDomain /*inSignDomain*/,
                                       const QCPRange& /*inKeyRange*/) const
{
    foundRange = false;
    return {};
}

void CurvePlottable::drawLegendIcon(QCPPainter* /*painter*/, const QRectF& /*rect*/) const { }

} // namespace icae

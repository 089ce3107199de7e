#include "widgets/plot/curve_plottable.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr double markReach = 5; // pixels
constexpr std::size_t mostSmoothLines = 12; // drawn with antialiasing; more are told apart by colour alone

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
    for (int x = area.left(); x <= area.right() && next < end; ++x) {
        const double bound = mKeyAxis->pixelToCoord(x + 1);
        auto last = next;
        while (last < end && line.x[last] < bound)
            ++last;
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
    const bool antialiased = m_panel->lines.size() <= mostSmoothLines;
    for (const auto& line : m_panel->lines) {
        drawLine(painter, line, antialiased);
        if (line.isValidation)
            drawPoints(painter, line);
    }
    drawKey(painter);
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
    if (&line.raw == &line.smooth || line.raw == line.smooth)
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
        double least = std::numeric_limits<double>::infinity();
        double greatest = -least;
        for (auto i = first; i < last; ++i)
            if (std::isfinite(line.raw[i])) {
                least = std::min(least, line.raw[i]);
                greatest = std::max(greatest, line.raw[i]);
            }
        if (least > greatest) {
            finish();
            return;
        }
        const auto y = [&](double value) {
            const double at = mValueAxis->coordToPixel(value);
            return std::isfinite(at) ? std::clamp(at, top, bottom) : bottom;
        };
        path << QPointF(x, y(least));
        if (greatest > least)
            path << QPointF(x, y(greatest));
    });
    finish();
}

void CurvePlottable::drawLine(QCPPainter* painter, const CurveLine& line, bool antialiased) const
{
    painter->setAntialiasing(antialiased);
    QPen pen(colorOf(line), antialiased ? m_style.line : 0, FigureStyle::dash(line.dash, false));
    painter->setPen(pen);
    const auto area = clipRect();
    const double top = area.top() - 100.0;
    const double bottom = area.bottom() + 100.0;
    QPolygonF path;
    const auto finish = [&] {
        if (path.size() > 1)
            painter->drawPolyline(path);
        else if (path.size() == 1 && !line.isValidation)
            painter->drawPoint(path.front());
        path.clear();
    };
    const bool whole = line.raw.size() <= 2000; // then each point counts
    forEachColumn(line, [&](double x, std::size_t first, std::size_t last) {
        double least = std::numeric_limits<double>::infinity();
        double greatest = -least;
        double latest = std::numeric_limits<double>::quiet_NaN();
        for (auto i = first; i < last; ++i)
            if (std::isfinite(line.smooth[i])) {
                least = std::min(least, line.smooth[i]);
                greatest = std::max(greatest, line.smooth[i]);
                latest = line.smooth[i];
            }
        if (std::isnan(latest)) {
            finish();
            return;
        }
        const auto y = [&](double value) {
            const double at = mValueAxis->coordToPixel(value);
            return std::isfinite(at) ? std::clamp(at, top, bottom) : bottom;
        };
        const double low = y(least);
        const double high = y(greatest);
        if (!whole && low - high > 2) {
            path << QPointF(x, low) << QPointF(x, high);
        }
        path << QPointF(x, y(latest));
    });
    finish();
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

void CurvePlottable::drawKey(QCPPainter* painter) const
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
    const auto most = static_cast<std::size_t>(std::max(1.0, (area.height() - 8) / metrics.height()));
    const auto shown = std::min(keys.size(), most);
    const QRectF box(area.right() - width - 6, area.top() + 2, width + 4,
                     static_cast<double>(shown) * metrics.height());
    auto veil = back;
    veil.setAlphaF(0.8F);
    painter->fillRect(box, veil);
    for (std::size_t i = 0; i < shown; ++i) {
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

#include "widgets/plot/curve_plottable.h"

#include "widgets/plot/column_image.h"
#include "widgets/plot/curve_paths.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>
#include <limits>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr double markReach = 5; // pixels
constexpr qsizetype mostSmoothPoints = 1500; // of a panel that is stroked and antialiased, which costs far more

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

void CurvePlottable::draw(QCPPainter* painter)
{
    if (m_panel == nullptr)
        return;
    drawMarks(painter);
    const CurveView view{clipRect(), PixelScale(*mKeyAxis), PixelScale(*mValueAxis)};
    const bool vectorized = painter->modes().testFlag(QCPPainter::pmVectorized);
    const double ratio = vectorized ? 1 : painter->device()->devicePixelRatioF();
    ColumnImage columns(view.area, ratio);
    painter->setAntialiasing(false);
    for (const auto& line : m_panel->lines) {
        if (line.isValidation || !line.isSmoothed)
            continue;
        painter->setPen(QPen(ghostOf(line), 0));
        for (const auto& path : ghostPaths(line, view, ratio)) {
            if (vectorized)
                painter->drawPolyline(path);
            else
                columns.add(path, ghostOf(line));
        }
    }
    std::vector<std::vector<QPolygonF>> paths;
    qsizetype points = 0;
    for (const auto& line : m_panel->lines) {
        paths.push_back(linePaths(line, view));
        for (const auto& path : paths.back())
            points += path.size();
    }
    const bool antialiased = vectorized || points <= mostSmoothPoints;
    for (std::size_t i = 0; !antialiased && i < paths.size(); ++i) {
        const auto dash = QPen(FigureStyle::dash(m_panel->lines[i].dash, false)).dashPattern();
        for (const auto& path : paths[i])
            columns.add(path, colorOf(m_panel->lines[i]), dash);
    }
    columns.draw(*painter);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const auto& line = m_panel->lines[i];
        if (antialiased)
            drawLine(painter, line, paths[i]);
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

QColor CurvePlottable::ghostOf(const CurveLine& line) const
{
    const auto color = colorOf(line);
    const auto back = m_style.color(Shade::Surface);
    constexpr float share = 0.3F; // of the line's own colour
    return QColor::fromRgbF(color.redF() * share + back.redF() * (1 - share),
                            color.greenF() * share + back.greenF() * (1 - share),
                            color.blueF() * share + back.blueF() * (1 - share));
}

void CurvePlottable::drawLine(QCPPainter* painter, const CurveLine& line, const std::vector<QPolygonF>& paths) const
{
    painter->setAntialiasing(true);
    painter->setPen(QPen(colorOf(line), m_style.line, FigureStyle::dash(line.dash, false)));
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
    const auto reach = static_cast<int>(std::ceil(m_style.mark * 1.5));
    painter->setClipRect(area.adjusted(-reach, -reach, reach, reach)); // the last are at the edge, and are seen whole
    constexpr std::size_t mostMarkers = 60;
    const bool each = line.x.size() <= mostMarkers;
    for (std::size_t i = 0; i < line.x.size(); ++i) {
        const bool best = static_cast<int>(i) == line.best;
        if (!std::isfinite(line.raw[i]) || (!each && !best))
            continue;
        const auto at = pixel(line.x[i], line.raw[i]);
        if (!std::isfinite(at.y()) || !area.adjusted(-1, -1, 1, 1).contains(at.toPoint()))
            continue;
        if (best)
            drawMarker(*painter, m_style, -1, at, colorOf(line), false);
        else
            drawMarker(*painter, m_style, line.color, at, colorOf(line), false);
    }
    painter->setClipRect(area);
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
            for (const auto& path : line) {
                auto to = std::lower_bound(path.begin(), path.end(), box.left(),
                                           [](const QPointF& point, double x) { return point.x() < x; });
                if (to == path.begin() && to != path.end())
                    ++to;
                for (; to != path.end() && (to - 1)->x() <= box.right(); ++to)
                    count += std::min(to->y(), (to - 1)->y()) <= box.bottom()
                            && std::max(to->y(), (to - 1)->y()) >= box.top()
                        ? 1
                        : 0;
            }
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

#include "widgets/plot/panel_plottable.h"

#include <QFontMetricsF>
#include <QPixmap>

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

constexpr double pointReach = 10; // pixels
constexpr double dotReach = 6;
constexpr double nearby = 20; // pixels around the area in which marks may reach into it

QColor faint(QColor color, double alpha)
{
    color.setAlphaF(static_cast<float>(alpha));
    return color;
}

bool isFinite(const QPointF& point)
{
    return std::isfinite(point.x()) && std::isfinite(point.y());
}

/// The part of a line within an area; null where there is none (Liang and Barsky).
QLineF within(const QLineF& line, const QRectF& area)
{
    double from = 0;
    double to = 1;
    const auto cut = [&](double step, double room) {
        if (step == 0)
            return room >= 0;
        const auto at = room / step;
        (step < 0 ? from : to) = step < 0 ? std::max(from, at) : std::min(to, at);
        return from <= to;
    };
    if (!cut(-line.dx(), line.x1() - area.left()) || !cut(line.dx(), area.right() - line.x1())
        || !cut(-line.dy(), line.y1() - area.top()) || !cut(line.dy(), area.bottom() - line.y1()))
        return {};
    return {line.pointAt(from), line.pointAt(to)};
}

/// Draws a polyline as far as it is in sight: a zoomed view's lines are long, and dashes are made along all of them.
void drawPolyline(QCPPainter& painter, const QPolygonF& line, const QRectF& area)
{
    QPolygonF part;
    const auto finish = [&] {
        if (part.size() > 1)
            painter.drawPolyline(part);
        part.clear();
    };
    for (qsizetype i = 1; i < line.size(); ++i) {
        const QLineF whole(line[i - 1], line[i]);
        const auto seen = within(whole, area);
        if (seen.isNull()) {
            finish();
            continue;
        }
        if (part.isEmpty() || part.last() != seen.p1()) {
            finish();
            part << seen.p1();
        }
        part << seen.p2();
    }
    finish();
}

} // namespace

PanelPlottable::PanelPlottable(QCPAxis* x, QCPAxis* y, const FigureStyle& style)
    : QCPAbstractPlottable(x, y)
    , m_style(style)
{
    setSelectable(QCP::stNone);
}

void PanelPlottable::setCurrent(int study, int cell)
{
    m_currentStudy = study;
    m_currentCell = cell;
}

QPointF PanelPlottable::pixel(double x, double y) const
{
    const auto on = [](const QCPAxis& axis, double value) {
        if (!std::isfinite(value) || (axis.scaleType() == QCPAxis::stLogarithmic && value <= 0))
            return std::numeric_limits<double>::quiet_NaN();
        return axis.coordToPixel(value);
    };
    return {on(*mKeyAxis, x), on(*mValueAxis, y)};
}

double PanelPlottable::dodge(std::size_t series) const
{
    if (m_panel->categories.isEmpty())
        return 0;
    std::size_t measured = 0;
    for (const auto& one : m_panel->series)
        measured += one.isPublished() ? 0 : 1;
    if (m_panel->series[series].isPublished() || measured < 2)
        return 0;
    const auto width = std::abs(mKeyAxis->coordToPixel(1) - mKeyAxis->coordToPixel(0));
    return (static_cast<double>(series) - static_cast<double>(measured - 1) / 2) * width * 0.7
        / static_cast<double>(measured);
}

QPointF PanelPlottable::dotPixel(std::size_t series, const FigureDot& dot) const
{
    // Samples of a cell lie at one x: they are spread a little, each always by the same.
    const auto spread = std::fmod(static_cast<double>(dot.sample) * 0.6180339887, 1.0) - 0.5;
    return pixel(dot.x, dot.value) + QPointF(dodge(series) + spread * m_style.dot * 4, 0);
}

QPointF PanelPlottable::positionOf(const FigureMark& mark) const
{
    if (mark.series < 0)
        return fieldRect(m_panel->fields[static_cast<std::size_t>(mark.point)]).center();
    const auto index = static_cast<std::size_t>(mark.series);
    const auto& series = m_panel->series[index];
    if (mark.dot >= 0)
        return dotPixel(index, series.dots[static_cast<std::size_t>(mark.dot)]);
    const auto& point = series.points[static_cast<std::size_t>(mark.point)];
    return pixel(point.x, point.value) + QPointF(dodge(index), 0);
}

FigureMark PanelPlottable::markAt(const QPointF& position) const
{
    FigureMark best;
    if (m_panel == nullptr)
        return best;
    for (std::size_t i = 0; i < m_panel->fields.size(); ++i)
        if (fieldRect(m_panel->fields[i]).contains(position))
            return {-1, static_cast<int>(i), -1};
    double nearest = std::numeric_limits<double>::infinity();
    const auto look = [&](const QPointF& at, double reach, double handicap, const FigureMark& mark) {
        const auto distance = std::hypot(at.x() - position.x(), at.y() - position.y());
        if (distance <= reach && distance + handicap < nearest) {
            nearest = distance + handicap;
            best = mark;
        }
    };
    for (std::size_t s = 0; s < m_panel->series.size(); ++s) {
        const auto& series = m_panel->series[s];
        for (std::size_t i = 0; i < series.points.size(); ++i) {
            const FigureMark mark{static_cast<int>(s), static_cast<int>(i), -1};
            look(positionOf(mark), pointReach, 0, mark);
        }
        // Dots are sorted by x: only those near the pointer are looked at.
        const auto reach = dotReach + std::abs(dodge(s)) + m_style.dot * 2;
        const auto from = mKeyAxis->pixelToCoord(position.x() - reach);
        const auto to = mKeyAxis->pixelToCoord(position.x() + reach);
        const auto first = std::lower_bound(series.dots.begin(), series.dots.end(), from,
                                            [](const FigureDot& dot, double x) { return dot.x < x; });
        for (auto dot = first; dot != series.dots.end() && dot->x <= to; ++dot)
            look(dotPixel(s, *dot), dotReach, 2,
                 {static_cast<int>(s), -1, static_cast<int>(dot - series.dots.begin())});
    }
    return best;
}

double PanelPlottable::selectTest(const QPointF& /*pos*/, bool /*onlySelectable*/, QVariant* /*details*/) const
{
    return -1; // nothing is selected by QCustomPlot
}

QCPRange PanelPlottable::getKeyRange(bool& foundRange, QCP::SignDomain /*inSignDomain*/) const
{
    foundRange = m_panel != nullptr;
    return m_panel == nullptr ? QCPRange() : QCPRange(m_panel->leastX, m_panel->greatestX);
}

QCPRange PanelPlottable::getValueRange(bool& foundRange, QCP::SignDomain /*inSignDomain*/,
                                       const QCPRange& /*inKeyRange*/) const
{
    foundRange = m_panel != nullptr;
    return m_panel == nullptr ? QCPRange() : QCPRange(m_panel->leastY, m_panel->greatestY);
}

void PanelPlottable::draw(QCPPainter* painter)
{
    if (m_panel == nullptr)
        return;
    painter->setAntialiasing(true);
    if (!m_panel->fields.empty()) {
        drawFields(painter);
        return;
    }
    // The edges of many bands over each other are seen by nobody, and smoothing them takes most of the time.
    constexpr std::size_t few = 8;
    painter->setAntialiasing(m_panel->series.size() <= few || painter->modes().testFlag(QCPPainter::pmVectorized));
    for (std::size_t i = 0; i < m_panel->series.size(); ++i)
        drawBand(painter, i);
    painter->setAntialiasing(true);
    for (std::size_t i = 0; i < m_panel->series.size(); ++i)
        drawDots(painter, i);
    for (std::size_t i = 0; i < m_panel->series.size(); ++i)
        if (m_panel->series[i].isPublished())
            drawPublished(painter, i);
    for (std::size_t i = 0; i < m_panel->series.size(); ++i)
        if (!m_panel->series[i].isPublished())
            drawLine(painter, i);
}

void PanelPlottable::drawBand(QCPPainter* painter, std::size_t index) const
{
    const auto& series = m_panel->series[index];
    const auto color = m_style.series(series.color);
    const auto bounds = [&](const FigurePoint& point) {
        return std::pair(pixel(point.x, point.low), pixel(point.x, point.high));
    };
    QPolygonF upper;
    QPolygonF lower;
    const auto finish = [&] {
        if (upper.size() > 1) {
            std::reverse(lower.begin(), lower.end());
            painter->setPen(Qt::NoPen);
            painter->setBrush(faint(color, 0.16));
            painter->drawPolygon(upper + lower);
        } else if (upper.size() == 1) { // no neighbour to make a band with
            const QPointF beside(dodge(index), 0);
            painter->setPen(QPen(color, m_style.line * 0.8));
            painter->drawLine(lower.front() + beside, upper.front() + beside);
            for (const auto& end : {lower.front(), upper.front()})
                painter->drawLine(end + beside - QPointF(m_style.mark, 0), end + beside + QPointF(m_style.mark, 0));
        }
        upper.clear();
        lower.clear();
    };
    for (const auto& point : series.points) {
        const auto [low, high] = bounds(point);
        if (!isFinite(low) || !isFinite(high)) {
            finish();
            continue;
        }
        lower << low;
        upper << high;
        if (!m_panel->joined)
            finish();
    }
    finish();
}

void PanelPlottable::drawDots(QCPPainter* painter, std::size_t index) const
{
    const auto& series = m_panel->series[index];
    if (series.dots.empty())
        return;
    // Of dots that would cover each other one is painted: however many samples there are, the painting stays short, and
    // none that stands alone is left out.
    const QRectF area = clipRect();
    const double step = std::max(1.0, m_style.dot * 0.6);
    const auto columns = static_cast<std::size_t>(area.width() / step) + 1;
    const auto rows = static_cast<std::size_t>(area.height() / step) + 1;
    std::vector<bool> taken(columns * rows);
    QPolygonF dots;
    for (const auto& dot : series.dots) {
        const auto at = dotPixel(index, dot);
        if (!isFinite(at) || !area.contains(at))
            continue;
        const auto column = static_cast<std::size_t>((at.x() - area.left()) / step);
        const auto row = static_cast<std::size_t>((at.y() - area.top()) / step);
        const auto place = std::min(row, rows - 1) * columns + std::min(column, columns - 1);
        if (taken[place])
            continue;
        taken[place] = true;
        dots << at;
    }
    const QPen pen(faint(m_style.series(series.color), 0.45), m_style.dot, Qt::SolidLine, Qt::RoundCap);
    if (painter->modes().testFlag(QCPPainter::pmVectorized)) {
        painter->setPen(pen);
        painter->drawPoints(dots);
        return;
    }
    // On a screen each round point costs a path of its own: one is painted, and stamped.
    const auto scale = painter->device()->devicePixelRatioF();
    const auto side = std::ceil(m_style.dot) + 2;
    QPixmap stamp((QSizeF(side, side) * scale).toSize());
    stamp.setDevicePixelRatio(scale);
    stamp.fill(Qt::transparent);
    QPainter stamping(&stamp);
    stamping.setRenderHint(QPainter::Antialiasing);
    stamping.setPen(pen);
    stamping.drawPoint(QPointF(side, side) / 2);
    stamping.end();
    std::vector<QPainter::PixmapFragment> fragments;
    fragments.reserve(static_cast<std::size_t>(dots.size()));
    const QRectF whole(QPointF(), stamp.size());
    for (const auto& at : std::as_const(dots))
        fragments.push_back(QPainter::PixmapFragment::create(at, whole, 1 / scale, 1 / scale));
    painter->drawPixmapFragments(fragments.data(), static_cast<int>(fragments.size()), stamp);
}

void PanelPlottable::drawLine(QCPPainter* painter, std::size_t index) const
{
    const auto& series = m_panel->series[index];
    const auto color = m_style.series(series.color);
    const QPointF beside(dodge(index), 0);
    const auto sight = QRectF(clipRect()).adjusted(-nearby, -nearby, nearby, nearby);
    if (m_panel->joined) {
        QPolygonF line;
        const auto finish = [&] {
            painter->setPen(
                QPen(color, m_style.line, FigureStyle::dash(series.dash, false), Qt::FlatCap, Qt::RoundJoin));
            painter->setBrush(Qt::NoBrush);
            drawPolyline(*painter, line, sight);
            line.clear();
        };
        for (const auto& point : series.points) {
            const auto at = pixel(point.x, point.value);
            if (isFinite(at))
                line << at;
            else
                finish(); // a gap stays one
        }
        finish();
    }
    for (const auto& point : series.points) {
        const auto at = pixel(point.x, point.value) + beside;
        if (!isFinite(at) || !sight.contains(at))
            continue;
        if (series.study == m_currentStudy && point.cell == m_currentCell) {
            painter->setPen(QPen(m_style.color(Shade::Accent), 2));
            painter->setBrush(Qt::NoBrush);
            painter->drawEllipse(at, m_style.mark * 2, m_style.mark * 2);
        }
        drawMarker(*painter, m_style, series.marker, at, color, series.study > 0);
    }
}

void PanelPlottable::drawPublished(QCPPainter* painter, std::size_t index) const
{
    const auto& series = m_panel->series[index];
    const auto color = m_style.series(series.color);
    const QPen dashed(color, m_style.line, FigureStyle::dash(1, true), Qt::FlatCap);
    QPolygonF line;
    for (const auto& point : series.points)
        if (const auto at = pixel(point.x, point.value); isFinite(at))
            line << at;
    painter->setBrush(Qt::NoBrush);
    if (m_panel->joined && line.size() > 1) {
        painter->setPen(dashed);
        drawPolyline(*painter, line, QRectF(clipRect()));
    }
    for (const auto& point : series.points) {
        const auto at = pixel(point.x, point.value);
        if (!isFinite(at))
            continue;
        if (!m_panel->joined || line.size() == 1) {
            const auto width = m_panel->categories.isEmpty()
                ? m_style.mark * 4
                : std::abs(mKeyAxis->coordToPixel(0.4) - mKeyAxis->coordToPixel(0));
            painter->setPen(dashed);
            painter->drawLine(at - QPointF(width, 0), at + QPointF(width, 0));
        }
        if (point.bound == QStringLiteral("above") || point.bound == QStringLiteral("below")) {
            const double up = point.bound == QStringLiteral("above") ? -1 : 1;
            const auto tip = at + QPointF(0, up * m_style.mark * 4);
            painter->setPen(QPen(color, m_style.line));
            painter->drawLine(at, tip);
            painter->drawLine(tip, tip + QPointF(-m_style.mark * 0.8, -up * m_style.mark));
            painter->drawLine(tip, tip + QPointF(m_style.mark * 0.8, -up * m_style.mark));
        }
        drawMarker(*painter, m_style, series.marker, at, color, true);
    }
}

QRectF PanelPlottable::fieldRect(const FigureField& field) const
{
    const auto a = pixel(field.column - 0.5, field.row - 0.5);
    const auto b = pixel(field.column + 0.5, field.row + 0.5);
    return QRectF(a, b).normalized();
}

void PanelPlottable::drawFields(QCPPainter* painter) const
{
    const QFontMetricsF metrics(m_style.font);
    painter->setFont(m_style.font);
    for (const auto& field : m_panel->fields) {
        const auto rect = fieldRect(field).adjusted(0.5, 0.5, -0.5, -0.5);
        const auto value = field.point.value;
        if (!std::isfinite(value))
            continue;
        const auto share = (value - m_panel->leastY) / (m_panel->greatestY - m_panel->leastY);
        const auto color = m_style.colors->at(0.08 + 0.84 * share);
        const bool isCurrent = m_currentStudy == 0 && field.point.cell == m_currentCell;
        painter->setPen(isCurrent ? QPen(m_style.color(Shade::Accent), 2) : QPen(m_style.color(Shade::Hairline), 1));
        painter->setBrush(color);
        painter->drawRect(rect);
        const auto text = measureText(m_panel->measure, value);
        if (metrics.horizontalAdvance(text) + 4 <= rect.width() && metrics.height() <= rect.height()) {
            painter->setPen(textOn(color));
            painter->drawText(rect, Qt::AlignCenter, text);
        }
    }
}

void PanelPlottable::drawLegendIcon(QCPPainter* /*painter*/, const QRectF& /*rect*/) const { }

} // namespace icae

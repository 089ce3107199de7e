#include "widgets/plot/figure_style.h"

#include <QFontInfo>
#include <QFontMetrics>
#include <QPainterPath>

#include <cmath>
#include <numbers>

namespace icae {

FigureStyle FigureStyle::ofWindow(const Theme& theme)
{
    FigureStyle style;
    style.colors = &theme.colors();
    style.font = theme.font(TypeRole::Caption);
    style.font.setPixelSize(QFontInfo(style.font).pixelSize());
    return style;
}

FigureStyle FigureStyle::ofPaper(const Theme& theme)
{
    FigureStyle style;
    style.colors = &printScheme();
    style.font = theme.font(TypeRole::Caption);
    style.font.setPixelSize(11); // 8 points
    style.line = 1.3;
    style.mark = 3;
    style.dot = 2;
    return style;
}

QColor FigureStyle::series(int index) const
{
    return color(index < 0 ? Shade::SecondaryText : seriesShade(index));
}

Qt::PenStyle FigureStyle::dash(int study, bool published)
{
    if (published)
        return Qt::DashLine;
    switch (study % 5) {
    case 0:
        return Qt::SolidLine;
    case 1:
        return Qt::DotLine;
    case 2:
        return Qt::DashDotLine;
    case 3:
        return Qt::DashDotDotLine;
    default:
        return Qt::DashLine;
    }
}

void drawMarker(QPainter& painter, const FigureStyle& style, int marker, const QPointF& at, const QColor& color,
                bool hollow)
{
    painter.setPen(QPen(hollow ? color : style.color(Shade::Surface), hollow ? style.line : 1.0));
    painter.setBrush(hollow ? style.color(Shade::Surface) : color);
    const auto polygon = [&](int corners, double turn, double scale) {
        QPolygonF points;
        for (int i = 0; i < corners; ++i) {
            const auto angle = turn + 2 * std::numbers::pi * i / corners;
            points << at + QPointF(std::sin(angle), -std::cos(angle)) * style.mark * scale;
        }
        painter.drawPolygon(points);
    };
    switch (marker < 0 ? -1 : marker % markerCount) {
    case 0:
        painter.drawEllipse(at, style.mark, style.mark);
        break;
    case 1:
        polygon(4, std::numbers::pi / 4, 1.25);
        break;
    case 2:
        polygon(3, 0, 1.35);
        break;
    case 3:
        polygon(4, 0, 1.35);
        break;
    case 4:
        polygon(3, std::numbers::pi, 1.35);
        break;
    case 5:
        polygon(5, 0, 1.25);
        break;
    case 6:
        polygon(6, std::numbers::pi / 6, 1.2);
        break;
    default: { // of what was published: a star
        QPolygonF star;
        for (int i = 0; i < 10; ++i) {
            const auto angle = std::numbers::pi * i / 5;
            star << at + QPointF(std::sin(angle), -std::cos(angle)) * style.mark * (i % 2 == 0 ? 1.6 : 0.7);
        }
        painter.drawPolygon(star);
    }
    }
}

int drawLegend(QPainter* painter, const FigureStyle& style, const std::vector<FigureKey>& keys, int width)
{
    if (keys.empty())
        return 0;
    const QFontMetrics metrics(style.font);
    const int height = metrics.height() + 4;
    const int sample = metrics.height() * 2;
    const int gap = metrics.height() / 2;
    int x = 0;
    int y = 0;
    for (const auto& key : keys) {
        const auto label = metrics.elidedText(key.label, Qt::ElideRight, std::max(sample, width - sample - gap));
        const int needed = sample + gap + metrics.horizontalAdvance(label) + 2 * gap;
        if (x > 0 && x + needed - 2 * gap > width) {
            x = 0;
            y += height;
        }
        if (painter != nullptr) {
            painter->setRenderHint(QPainter::Antialiasing);
            const auto color = key.color < 0 && !key.published ? style.color(Shade::Text) : style.series(key.color);
            const double middle = y + height / 2.0;
            painter->setPen(QPen(color, style.line, FigureStyle::dash(key.dash, key.published), Qt::FlatCap));
            painter->drawLine(QPointF(x, middle), QPointF(x + sample, middle));
            if (key.marker >= 0 || key.published)
                drawMarker(*painter, style, key.marker, QPointF(x + sample / 2.0, middle), color, key.published);
            painter->setFont(style.font);
            painter->setPen(style.color(Shade::Text));
            painter->drawText(QRectF(x + sample + gap, y, needed, height), Qt::AlignVCenter | Qt::TextSingleLine,
                              label);
        }
        x += needed;
    }
    return y + height;
}

} // namespace icae

#include "widgets/plot/plot_axes.h"

#include <QMouseEvent>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

/// @param share of the axis's length
QCPRange moved(const QCPAxis& axis, const QCPRange& from, double share)
{
    if (axis.scaleType() == QCPAxis::stLogarithmic) {
        const double factor = std::pow(from.upper / from.lower, share);
        return {from.lower * factor, from.upper * factor};
    }
    return from + from.size() * share;
}

/// Zooms and drags as every QCPAxisRect does, but for drawing, which it leaves to who hears of the ranges: pointers and
/// wheels tell of several steps before there is time for it.
class PanelRect : public QCPAxisRect {
public:
    explicit PanelRect(QCustomPlot* plot)
        : QCPAxisRect(plot, false)
    {
    }

protected:
    void mouseMoveEvent(QMouseEvent* event, const QPointF& startPos) override
    {
        if (!mDragging || !mParentPlot->interactions().testFlag(QCP::iRangeDrag))
            return;
        const auto way = startPos - event->position();
        const auto drag = [this](Qt::Orientation orientation, const QList<QCPRange>& from, double share) {
            if (!rangeDrag().testFlag(orientation))
                return;
            const auto axes = rangeDragAxes(orientation);
            for (qsizetype i = 0; i < std::min(axes.size(), from.size()); ++i)
                axes[i]->setRange(moved(*axes[i], from[i], share));
        };
        drag(Qt::Horizontal, mDragStartHorzRange, way.x() / width());
        drag(Qt::Vertical, mDragStartVertRange, -way.y() / height());
    }

    void wheelEvent(QWheelEvent* event) override
    {
        if (!mParentPlot->interactions().testFlag(QCP::iRangeZoom))
            return;
        constexpr double stepsOfAClick = 120;
        const double clicks = event->angleDelta().y() / stepsOfAClick;
        const auto zoom = [&](Qt::Orientation orientation, double along) {
            if (!rangeZoom().testFlag(orientation))
                return;
            const double factor = std::pow(rangeZoomFactor(orientation), clicks);
            const auto axes = rangeZoomAxes(orientation);
            for (auto* axis : axes)
                axis->scaleRange(factor, axis->pixelToCoord(along));
        };
        zoom(Qt::Horizontal, event->position().x());
        zoom(Qt::Vertical, event->position().y());
    }
};

} // namespace

QCPAxisRect* makePanelRect(QCustomPlot* plot)
{
    auto* rect = new PanelRect(plot);
    auto* x = rect->addAxis(QCPAxis::atBottom);
    auto* y = rect->addAxis(QCPAxis::atLeft);
    for (auto* axis : {x, y}) {
        axis->setLayer(QStringLiteral("axes"));
        axis->grid()->setLayer(QStringLiteral("grid"));
        axis->setSubTicks(false);
        axis->setTickLengthIn(0);
        axis->setTickLengthOut(3);
        axis->setLabelPadding(4);
        axis->setTickLabelPadding(3);
        axis->setNumberFormat(QStringLiteral("gb"));
    }
    x->grid()->setVisible(false);
    y->grid()->setZeroLinePen(Qt::NoPen);
    rect->setRangeDragAxes(x, y);
    rect->setRangeZoomAxes(x, y);
    rect->setMinimumMargins(QMargins(0, 6, 8, 0));
    return rect;
}

void styleAxes(const QCPAxisRect& rect, const FigureStyle& style)
{
    const auto axes = rect.axes();
    for (auto* axis : axes) {
        const QPen line(style.color(Shade::SecondaryText), 1);
        axis->setBasePen(line);
        axis->setTickPen(line);
        axis->setTickLabelFont(style.font);
        axis->setLabelFont(style.font);
        axis->setTickLabelColor(style.color(Shade::SecondaryText));
        axis->setLabelColor(style.color(Shade::Text));
        axis->grid()->setPen(QPen(style.color(Shade::Hairline), 1));
    }
}

} // namespace icae

#include "widgets/plot/plot_axes.h"

#include <QWheelEvent>

#include <cmath>

namespace icae {

namespace {

/// Zooms as every QCPAxisRect does, but for when it draws: a wheel tells of several steps before there is time to.
class PanelRect : public QCPAxisRect {
public:
    explicit PanelRect(QCustomPlot* plot)
        : QCPAxisRect(plot, false)
    {
    }

protected:
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
        mParentPlot->replot(QCustomPlot::rpQueuedReplot);
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

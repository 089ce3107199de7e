#include "widgets/plot/plot_axes.h"

namespace icae {

QCPAxisRect* makePanelRect(QCustomPlot* plot)
{
    auto* rect = new QCPAxisRect(plot, false);
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

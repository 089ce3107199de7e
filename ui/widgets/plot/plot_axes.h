#pragma once

#include "widgets/plot/figure_style.h"
#include "widgets/plot/qcp.h"

namespace icae {

/// A panel of a plot, with an axis below and one at the left that drag and zoom together. Owned by the plot, which
/// draws when their ranges have changed.
QCPAxisRect* makePanelRect(QCustomPlot* plot);

/// Takes colours and type of a panel's axes.
void styleAxes(const QCPAxisRect& rect, const FigureStyle& style);

} // namespace icae

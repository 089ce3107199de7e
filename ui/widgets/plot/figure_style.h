#pragma once

#include "models/figure_document.h"
#include "session/theme.h"

#include <QFont>
#include <QPainter>

namespace icae {

/// Colours and type of a figure: the window's, or those of paper. Sizes are in pixels, so that painting to any device
/// only scales.
struct FigureStyle {
    const ColorScheme* colors = nullptr;
    QFont font; ///< of ticks, labels and the legend
    double line = 1.75; ///< width of a series' line
    double mark = 4; ///< radius of a marker
    double dot = 3; ///< diameter of a sample

    static FigureStyle ofWindow(const Theme& theme);
    static FigureStyle ofPaper(const Theme& theme);

    QColor color(Shade shade) const { return (*colors)[shade]; }
    /// Of a series; −1: the colour of what belongs to none.
    QColor series(int color) const;
    /// Dashes of a study, or of what was published.
    static Qt::PenStyle dash(int study, bool published);
};

constexpr int markerCount = 7;
/// Draws a marker; hollow ones are filled with the background.
void drawMarker(QPainter& painter, const FigureStyle& style, int marker, const QPointF& at, const QColor& color,
                bool hollow);

/// Draws the lines of a legend beside each other, in as many rows as they need.
/// @param painter null: only measure
/// @return height
int drawLegend(QPainter* painter, const FigureStyle& style, const std::vector<FigureKey>& keys, int width);

} // namespace icae

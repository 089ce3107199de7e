#pragma once

#include "models/curve_document.h"
#include "models/figure_document.h"
#include "session/theme.h"

#include <QString>

namespace icae {

enum class FigureFormat { Svg, Pdf, Png };

/// The format that a file's name ends with.
/// @throws Error (Unsupported) where it is none of them
FigureFormat figureFormatOf(const QString& file);

/// Draws a figure at print size and in print colours, with its caption, into a file that appears whole or not at all:
/// PNG at 300 dpi, SVG with texts as paths. Needs no window.
/// @throws Error (InvalidInput) where the figure is empty; (Io)
void exportFigure(const FigureDocument& figure, const Theme& theme, FigureFormat format, const QString& file);
/// The same of curves, over the whole of what was logged.
void exportCurves(const CurveDocument& curves, const Theme& theme, FigureFormat format, const QString& file);

} // namespace icae

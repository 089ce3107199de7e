#pragma once

#include "models/figure_document.h"

#include <QByteArray>

namespace icae {

/// How figures are drawn as JSON, to be remembered.
QByteArray toJson(const FigureOptions& options);
/// What cannot be read has its default.
FigureOptions figureOptionsFrom(const QByteArray& json);

} // namespace icae

#pragma once

#include "models/figure_document.h"
#include "models/published_figures.h"

namespace icae {

/// What a figure says: numbers, what is under the pointer, the line below it.
QString numberText(std::int64_t number);
/// What a row is, for whoever points at it; @param x what runs along the axis
QString cellHint(const TableRow& row, FigureAxis x);
QString groupTitle(const std::string& group);
/// A point's value and what lies around it.
QString valueHint(const std::string& measure, const FigurePoint& point, FigureBand band);
/// A study's name among others: its folder's.
QString figureStudyName(const StudyDocument& study);
QString figureCaption(const FigureDocument& figure, const PublishedFigures& published);
/// What lines, bands and dots are.
QString figureBandText(const FigureOptions& options);

} // namespace icae

#pragma once

#include "models/published_figures.h"
#include "models/study_document.h"

#include <QStringList>

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace icae {

enum class FigureForm {
    Lines,
    HeatMap, ///< length × slots, of the first study
};

/// What runs along a figure's x axis.
enum class FigureAxis { Tokens, Slots, Ratio, Spans, Batch, Step, Content, Context, Model, Place, Surprisal, Class };

constexpr std::array<const char*, 12> namesOf(FigureAxis /*type*/)
{
    return {"tokens",  "slots",   "ratio", "spans", "batch",     "step",
            "content", "context", "model", "place", "surprisal", "class"};
}

/// What stands around a line.
enum class FigureBand {
    Quartiles, ///< the line is the median
    Interval, ///< 95 % bootstrap interval; the line is the mean
    None, ///< the line is the mean
};

constexpr std::array<const char*, 3> namesOf(FigureBand /*type*/)
{
    return {"quartiles", "interval", "none"};
}

struct FigureOptions {
    FigureForm form = FigureForm::Lines;
    std::vector<std::string> measures; ///< a panel each; empty: the kind's
    std::optional<FigureAxis> x; ///< absent: the kind's
    FigureBand band = FigureBand::Quartiles;
    std::optional<bool> logX; ///< absent: where values are spaced like that
    std::optional<bool> logY; ///< absent: where times span orders of magnitude
    bool samples = true; ///< a dot each
    bool published = true; ///< where there are figures for the kind

    bool operator==(const FigureOptions&) const = default;
};

/// A measured sample: indices into the figure's studies, the study's cells and the cell's samples.
struct FigureSample {
    int study = -1;
    int cell = -1;
    int sample = -1;

    bool isValid() const { return study >= 0; }
    bool operator==(const FigureSample&) const = default;
};

/// A place of a line: what a cell, or a group of a cell's tokens, comes to.
struct FigurePoint {
    double x = 0; ///< of categories: their index
    double value = std::numeric_limits<double>::quiet_NaN(); ///< not a number: a gap
    double low = std::numeric_limits<double>::quiet_NaN();
    double high = std::numeric_limits<double>::quiet_NaN();
    std::int64_t n = 0; ///< 0: not stated
    int cell = -1; ///< index into the study's cells; −1: published
    QString hint; ///< lines that say what it is: cell, N, value, interval
    QString bound; ///< of published ones: "above", "below", "about"
};

/// A sample as a dot.
struct FigureDot {
    double x = 0;
    double value = 0;
    int cell = 0;
    int sample = 0;
};

struct FigureSeries {
    QString label; ///< what tells it from the others, e.g. "k = 128"
    int study = 0; ///< index; −1: published
    int color = 0; ///< of the theme's series
    int marker = 0;
    int dash = 0; ///< 0: solid; one a study, and one for all that is published
    std::vector<FigurePoint> points; ///< by x
    std::vector<FigureDot> dots; ///< by x

    bool isPublished() const { return study < 0; }
};

/// A field of a heat map.
struct FigureField {
    int column = 0; ///< index into the panel's categories
    int row = 0; ///< index into its rowNames
    FigurePoint point;
};

/// One measure along one axis.
struct FigurePanel {
    std::string measure;
    QString title; ///< of the y axis, or over a heat map
    FigureAxis x = FigureAxis::Tokens;
    QString xTitle;
    QStringList categories; ///< of x; empty: it is a number
    bool joined = true; ///< neighbours may be joined by lines
    bool logX = false;
    bool logY = false;
    std::vector<double> ticks; ///< numbers of x that were measured, ascending
    double leastX = 0; ///< what an unzoomed view shows
    double greatestX = 1;
    double leastY = 0;
    double greatestY = 1;
    std::vector<FigureSeries> series;
    QStringList rowNames; ///< of a heat map, from below
    QString rowTitle;
    std::vector<FigureField> fields; ///< of a heat map
    bool higherIsBetter = true;
};

/// A line of the legend.
struct FigureKey {
    QString label;
    int color = -1; ///< −1: the colour of text
    int marker = -1;
    int dash = 0;
    bool published = false;
};

/// Studies as a figure, ready to be drawn: by the window, or on paper. Immutable; made off the main thread.
struct FigureDocument {
    FigureOptions options;
    std::vector<StudyDocumentPtr> studies;
    std::vector<FigurePanel> panels;
    std::vector<FigureKey> legend;
    QString title; ///< what accessible names and files say
    QString bandText; ///< what lines and bands mean
    QString caption; ///< models with hashes, seed, N, device, version, bands, sources of what was published

    const StudySample* find(const FigureSample& sample) const;
    bool isEmpty() const { return panels.empty(); }
};

using FigureDocumentPtr = std::shared_ptr<const FigureDocument>;

/// @param studies the first says which kind it is; the others lie over it
FigureDocumentPtr makeFigure(std::vector<StudyDocumentPtr> studies, const FigureOptions& options,
                             const PublishedFigures& published = publishedFigures());

/// Names of the measures that a study's figure can show, and those that it shows unless told otherwise.
std::vector<std::string> figureMeasures(const StudyDocument& study);
std::vector<std::string> standardMeasures(const StudyDocument& study);
/// The axes along which a study varies; the first is the standard one.
std::vector<FigureAxis> figureAxes(const StudyDocument& study);
QString figureAxisTitle(FigureAxis axis);
QString figureBandTitle(FigureBand band);
/// Whether lengths and slots both vary.
bool hasHeatMap(const StudyDocument& study);

/// A measure as people read it: with as many digits as it can carry.
QString measureText(std::string_view measure, double value);

} // namespace icae

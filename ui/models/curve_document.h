#pragma once

#include "models/curve_run.h"
#include "models/extremes.h"
#include "models/figure_document.h"

#include <QString>

#include <memory>
#include <vector>

namespace icae {

/// What runs along the x axis of curves.
enum class CurveAxis { Step, Tokens, Relative, Wall };

constexpr std::array<const char*, 4> namesOf(CurveAxis /*type*/)
{
    return {"step", "tokens", "relative", "wall"};
}

QString curveAxisTitle(CurveAxis axis);

struct CurveOptions {
    CurveAxis x = CurveAxis::Step;
    double smoothing = 0.6; ///< 0: none; below 1
    bool logX = false;
    bool logLoss = true; ///< losses on a logarithmic axis
    bool clipped = true; ///< outliers do not decide the range of y

    bool operator==(const CurveOptions&) const = default;
};

/// A curve of a run.
struct CurveLine {
    int run = 0; ///< index into the document's runs
    std::string name; ///< as in CurveRun::columns
    QString label; ///< what tells it from the others of its panel
    int color = 0;
    int dash = 0;
    bool isValidation = false; ///< few points, each marked, not smoothed
    std::vector<double> x; ///< ascending but for wall times of resumed runs
    std::vector<double> raw; ///< NaN: a gap
    std::vector<double> smooth; ///< as many; the same as raw where nothing is smoothed
    bool isSmoothed = false; ///< they differ
    Extremes rawExtremes;
    Extremes smoothExtremes;
    std::vector<std::int64_t> steps;
    int best = -1; ///< index of the best value; −1: none is
};

/// Curves that share a y axis.
struct CurvePanel {
    std::string name; ///< e.g. "losses"
    QString title;
    bool logY = false;
    std::vector<CurveLine> lines;
    double leastY = 0; ///< of a view that was not zoomed
    double greatestY = 1;
    std::int64_t above = 0; ///< values outside of that, which are drawn at the edge
    std::int64_t below = 0;
};

/// An event with its place.
struct CurveMark {
    int run = 0;
    double x = 0;
    CurveEvent event;
};

/// Curves of some runs over each other, ready to be drawn. Immutable; made off the main thread.
struct CurveDocument {
    CurveOptions options;
    std::vector<CurveRunPtr> runs;
    std::vector<CurvePanel> panels;
    std::vector<FigureKey> legend;
    std::vector<CurveMark> marks;
    double leastX = 0;
    double greatestX = 1;
    QString xTitle;
    QString title;
    QString caption; ///< what is drawn and how
    QString best; ///< best validation value of the first run and its step; empty: there is none

    bool isEmpty() const { return panels.empty(); }
};

using CurveDocumentPtr = std::shared_ptr<const CurveDocument>;

/// @param runs the first is the one that is looked at; the others lie over it
CurveDocumentPtr makeCurves(std::vector<CurveRunPtr> runs, const CurveOptions& options);

/// Debiased exponential moving average whose memory is a share of the whole x range, so that it does not depend on how
/// many points there are; as TensorBoard's for equally spaced ones. NaN passes through; constants stay as they are.
/// @param x ascending, as many as values
/// @param weight 0 to below 1
std::vector<double> smoothed(const std::vector<double>& x, const std::vector<double>& values, double weight);

/// Fields of the configurations of runs (JSON texts with comments) that differ: name, and a value a run; empty where a
/// run has none.
struct ConfigDifference {
    QString field;
    QStringList values;
};
std::vector<ConfigDifference> configDifferences(const std::vector<std::string>& configs);

} // namespace icae

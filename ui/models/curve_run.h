#pragma once

#include <QString>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// Something that happened in a run, as a mark on its curves.
struct CurveEvent {
    std::int64_t step = 0;
    std::string kind; ///< as RunEventKind is named
    bool isAlert = false;
    QString text; ///< a sentence
    QString remedy;
};

/// A reconstruction that an evaluation wrote out.
struct CurveSample {
    std::int64_t step = 0;
    std::int64_t tokens = 0;
    std::int64_t slots = 0;
    double bleu = 0;
    double em = 0;
    double loss = 0;
    std::string reference;
    std::string hypothesis;
};

/// What a run has logged: a row a line of metrics.jsonl, a column a number that lines have. Immutable once shared; what
/// comes later makes another one.
struct CurveRun {
    /// A number that some of the lines have, e.g. "losses/ae", "validation/loss 512/128", "learning_rate".
    struct Column {
        std::vector<std::uint32_t> rows; ///< that have it, ascending
        std::vector<double> values; ///< NaN where it was none
    };

    QString run; ///< folder
    QString title;
    std::vector<std::int64_t> steps; ///< a row each, as are the others
    std::vector<double> seconds; ///< of work; NaN where unknown
    std::vector<double> times; ///< since 1970; NaN where unknown
    std::vector<double> tokens; ///< context tokens so far; NaN where unknown
    std::map<std::string, Column> columns;
    std::vector<CurveEvent> events;
    std::vector<CurveSample> samples; ///< by step
    std::int64_t damaged = 0; ///< lines that could not be read, and were left out

    std::size_t points() const; ///< values in all
};

using CurveRunPtr = std::shared_ptr<const CurveRun>;

/// Adds what was appended to a run's files. Numbers of inner objects are named by their keys, joined by slashes.
/// @param metrics, samples whole JSON lines
/// @param before null: a run that was not read before
CurveRunPtr appendLines(const CurveRunPtr& before, const QString& run, std::string_view metrics,
                        std::string_view samples);

/// The same run without what was read of one of its files, which was replaced.
CurveRunPtr withoutMetrics(const CurveRunPtr& before);
CurveRunPtr withoutSamples(const CurveRunPtr& before);

/// Every value that was logged, as CSV: run, curve, step, tokens, seconds, time, value.
std::string curvesAsCsv(const std::vector<CurveRunPtr>& runs);

} // namespace icae

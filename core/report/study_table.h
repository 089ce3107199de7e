#pragma once

#include "measure/statistics.h"
#include "protocol/study.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// A measure of samples: how figures and tables name it, and which way is better.
struct StudyMeasure {
    const char* name; ///< in files, e.g. "bleu"
    const char* title; ///< for people, e.g. "BLEU"
    bool higherIsBetter;
    bool isShare; ///< from 0 to 1
    std::optional<double> (*of)(const StudySample&);
};

/// Every measure that a sample may have, in the order of tables.
std::span<const StudyMeasure> studyMeasures();
/// What tables have beside them: the miss rate of a group of tokens, and the perplexity of continuations, which is e to
/// the mean loss and not a mean.
std::span<const StudyMeasure> studyTableMeasures();
/// Any of these by its name; null where there is none.
const StudyMeasure* findStudyMeasure(std::string_view name);

/// A measure of a cell's samples.
struct MeasuredValue {
    std::string measure; ///< StudyMeasure::name
    Summary summary;

    static void describe(auto& value, auto&& field)
    {
        field("measure", value.measure);
        field("n", value.summary.n);
        field("mean", value.summary.mean);
        field("median", value.summary.median);
        field("q1", value.summary.q1);
        field("q3", value.summary.q3);
        field("low", value.summary.low);
        field("high", value.summary.high);
    }
};

/// A cell with what was measured of it so far; of Position one for each group of tokens.
struct TableRow {
    StudyCell cell;
    std::string axis; ///< as StudyMisses; empty but for Position
    std::string group;
    std::int64_t n = 0; ///< samples
    std::vector<MeasuredValue> values; ///< those that the samples have

    static void describe(auto& value, auto&& field)
    {
        field("cell", value.cell);
        field("axis", value.axis);
        field("group", value.group);
        field("n", value.n);
        field("values", value.values);
    }

    const Summary* find(std::string_view measure) const; ///< null where it was not measured
};

/// What one model measures more than the study's first one, on the same windows: the mean of the differences, with its
/// 95 % bootstrap interval.
struct PairedDifference {
    StudyCell cell; ///< of the other model
    std::string against; ///< the first model's name
    std::int64_t againstStep = 0;
    MeasuredValue difference;

    static void describe(auto& value, auto&& field)
    {
        field("cell", value.cell);
        field("against", value.against);
        field("against_step", value.againstStep);
        field("difference", value.difference);
    }
};

/// After how many reads compressing a text has cost less time than reading it each time: of Latency.
struct BreakEven {
    StudyCell cell; ///< of the slots
    std::optional<double> reads; ///< absent where the slots never win

    static void describe(auto& value, auto&& field)
    {
        field("cell", value.cell);
        field("reads", value.reads);
    }
};

struct StudyTable {
    StudyConfig config;
    std::vector<TableRow> rows; ///< in the order of the cells' first samples
    std::vector<PairedDifference> differences; ///< where a study has several models
    std::vector<BreakEven> breakEven;

    static void describe(auto& value, auto&& field)
    {
        field("config", value.config);
        field("rows", value.rows);
        field("differences", value.differences);
        field("break_even", value.breakEven);
    }
};

/// Samples by cell. All metrics come from the samples: no model is needed.
StudyTable studyTable(const StudyConfig& config, std::span<const StudySample> samples);

/// The parts of a table, for those who bring them up to date by themselves.
std::vector<TableRow> tableRows(StudyKind kind, std::span<const StudySample> samples);
std::vector<PairedDifference> pairedDifferences(const StudyConfig& config, std::span<const StudySample* const> samples);
std::vector<BreakEven> breakEvens(std::span<const TableRow> rows);

/// A field of a cell as tables show it.
struct CellColumn {
    const char* name; ///< in files
    const char* title; ///< for people
    bool isNumber;
    std::string (*of)(const TableRow&);
};

/// The fields of a cell, and of a group of tokens, that differ between the rows: what is the same everywhere belongs in
/// the caption.
std::vector<const CellColumn*> varyingColumns(std::span<const TableRow> rows);
/// The measures that some row has, in order.
std::vector<std::string> measuresOf(std::span<const TableRow> rows);
/// A mean with as many digits as its interval supports: the interval's half width in its first two digits;
/// a count that never varies has none behind the point.
std::string roundedMean(const Summary& summary);

std::string asCsv(
    const StudyTable& table); ///< a line a row: the cell, then n, mean, median, quartiles and interval of each measure
std::string asLatex(const StudyTable& table); ///< booktabs; means, with as many digits as N supports
std::string asMarkdown(const StudyTable& table); ///< GitHub's; the same columns and digits
std::string samplesAsCsv(std::span<const StudySample> samples); ///< a line a sample, without its texts

} // namespace icae

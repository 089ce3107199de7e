#pragma once

#include "report/study_table.h"

#include <QString>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// A cell and what was measured of it so far. Documents that follow each other share the cells that did not change.
struct MeasuredCell {
    TableRow row;
    std::vector<TableRow> groups; ///< of Position: one for each group of tokens
    std::vector<StudySample> samples; ///< by their index, each once; ids and texts only where they were read with them

    const StudyCell& cell() const { return row.cell; }
};

using MeasuredCellPtr = std::shared_ptr<const MeasuredCell>;

/// A study as far as it was measured: what figures and tables are made from. Immutable; made off the main thread, and
/// shared between views.
struct StudyDocument {
    QString run; ///< its folder, on the engine's machine: with a sample's `offset` it leads to the sample's texts
    StudyConfig config;
    std::vector<MeasuredCellPtr> cells; ///< in the spec's order: models, contents, contexts, tokens, slots
    std::vector<std::string> measures; ///< names of those that some cell has, in the order of tables
    std::vector<PairedDifference> differences; ///< where it has several models
    std::vector<BreakEven> breakEven; ///< of Latency
    std::int64_t samples = 0;
    std::int64_t damaged = 0; ///< lines that were no samples, and were passed over

    /// The spec's title, or one made from its kind and models.
    QString title() const;
    /// Most samples that a cell has.
    std::int64_t samplesACell() const;
    /// Index of a cell; −1 where it has none such.
    int indexOf(const StudyCell& cell) const;
    /// Rows as tables and exports have them.
    StudyTable table() const;

    /// Indices of a cell's samples, the worst of a measure first; those that were not measured are left out.
    std::vector<int> worstFirst(int cell, std::string_view measure) const;
    /// The sample in the middle of that order; −1 where there is none.
    int medianSample(int cell, std::string_view measure) const;
};

using StudyDocumentPtr = std::shared_ptr<const StudyDocument>;

/// @param samples in any order; of equal cell and index the last one counts
StudyDocumentPtr makeStudyDocument(const QString& run, StudyConfig config, std::vector<StudySample> samples,
                                   std::int64_t damaged = 0);

/// The document with further samples. Only what they change is computed again.
/// @param damaged further damaged lines
StudyDocumentPtr appendSamples(const StudyDocument& before, StudyConfig config, std::vector<StudySample> samples,
                               std::int64_t damaged = 0);

/// A study's folder on this machine.
/// @param texts with ids and texts
/// @throws Error (NotFound, InvalidInput, Io) where there is no study, or nothing was measured yet
StudyDocumentPtr readStudyFolder(const QString& folder, bool texts = false);

/// The name of a kind for people, e.g. "Reconstruction by length".
QString studyKindTitle(StudyKind kind);
/// What is compressed, and what is read, for people: "patterned random", "text cut to k tokens".
QString studyContentTitle(StudyContent content);
QString studyContextTitle(StudyContext context);

} // namespace icae

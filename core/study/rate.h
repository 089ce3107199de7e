#pragma once

#include "protocol/run_messages.h"
#include "runs/run_index.h"
#include "study/grid.h"

#include <optional>
#include <vector>

namespace icae {

/// What one sample of a cell takes, in units that cells of a kind share: tokens that are read and written.
double weightOf(const StudyCell& cell);

/// A study as far as can be told without loading a model.
struct StudyOutline {
    StudySpec spec; ///< with its defaults
    std::vector<FoundModel> models;
    std::vector<GridCell> cells;
};

/// @param spec without problems
/// @throws Error as findStudyModels()
StudyOutline outlineOf(StudySpec spec);

/// How long a study takes at a rate.
StudyEstimate estimateAt(double secondsAWeight, const StudySpec& spec, const std::vector<GridCell>& cells);

/// The same by the rate of a study of the same kind with the same models on the same device: one that runs, or else the
/// latest that ran.
/// @return nothing where there is none that has measured enough
std::optional<StudyEstimate> estimateByRate(const StudyOutline& study, const std::vector<RunSummary>& runs);

} // namespace icae

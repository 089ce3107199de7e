#pragma once

#include "protocol/study.h"
#include "study/spec.h"

#include <vector>

namespace icae {

/// Samples that are measured together.
struct StudyUnit {
    std::size_t cell = 0; ///< index into the cells
    std::int64_t first = 0;
    std::int64_t count = 0;
};

/// A cell and the model that measures it.
struct GridCell {
    StudyCell cell;
    std::size_t model = 0; ///< index into the found models
};

/// Every cell of a study, models outermost.
/// @param spec with its defaults; @param span tokens a span of the first adapter
std::vector<GridCell> cellsOf(const StudySpec& spec, const std::vector<FoundModel>& models, std::int64_t span);

/// The order of the work: the first few samples of every cell, so that a figure is complete early; then more of each,
/// in rounds. It follows from the spec alone, so that a resumed study goes on as an unbroken one.
std::vector<StudyUnit> unitsOf(const StudySpec& spec, std::size_t cells);

} // namespace icae

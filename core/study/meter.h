#pragma once

#include "study/cell_meter.h"

namespace icae {

/// The meter of the study's kind.
std::unique_ptr<CellMeter> makeCellMeter(const MeterInputs& inputs);

/// The same samples with their cell, index and seconds.
std::vector<StudySample> measureCell(CellMeter& meter, const StudyCell& cell, std::int64_t first, std::int64_t count,
                                     const StudyPace& pace);

} // namespace icae

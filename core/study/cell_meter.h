#pragma once

#include "icae/model.h"
#include "protocol/study.h"
#include "reading/rating.h"
#include "study/pace.h"
#include "study/questions.h"
#include "study/texts.h"

#include <memory>
#include <vector>

namespace icae {

/// What all models of a study read.
struct StudyData {
    std::vector<StudyText> texts;
    std::vector<Question> questions;
};

/// What a meter measures with. The spec and the data must outlive it.
struct MeterInputs {
    const StudySpec& spec;
    const StudyData& data;
    std::shared_ptr<const Model> model;
    std::shared_ptr<const Model> reference; ///< the first model of the study: its windows say which bytes all read
};

/// Measures the cells of one kind of study with one model. Equal calls give equal samples, but for seconds.
class CellMeter {
public:
    CellMeter() = default;
    CellMeter(const CellMeter&) = delete;
    CellMeter& operator=(const CellMeter&) = delete;
    virtual ~CellMeter() = default;

    /// Samples first … first + count - 1 of a cell, without their cell, index and seconds; fewer where there are fewer.
    /// @throws Error (Cancelled, InvalidInput, OutOfMemory)
    virtual std::vector<StudySample> measure(const StudyCell& cell, std::int64_t first, std::int64_t count,
                                             const StudyPace& pace) = 0;
};

std::unique_ptr<CellMeter> makeReconstructionMeter(const MeterInputs& inputs);
std::unique_ptr<CellMeter> makeContinuationMeter(const MeterInputs& inputs);
std::unique_ptr<CellMeter> makeQuestionMeter(const MeterInputs& inputs);
std::unique_ptr<CellMeter> makeLatencyMeter(const MeterInputs& inputs);

/// Teacher-forced measures of a sample.
/// @param bytes of its reference; 0: no measure per byte
void rateSample(StudySample& sample, std::span<const TokenScore> scores, std::size_t bytes);

} // namespace icae

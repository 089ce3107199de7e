#include "study/meter.h"

#include <algorithm>
#include <chrono>

namespace icae {

std::unique_ptr<CellMeter> makeCellMeter(const MeterInputs& inputs)
{
    switch (inputs.spec.kind) {
    case StudyKind::Continuation:
        return makeContinuationMeter(inputs);
    case StudyKind::Latency:
        return makeLatencyMeter(inputs);
    case StudyKind::Questions:
        return makeQuestionMeter(inputs);
    case StudyKind::Length:
    case StudyKind::Slots:
    case StudyKind::Content:
    case StudyKind::Models:
    case StudyKind::Position:
        break;
    }
    return makeReconstructionMeter(inputs);
}

std::vector<StudySample> measureCell(CellMeter& meter, const StudyCell& cell, std::int64_t first, std::int64_t count,
                                     const StudyPace& pace)
{
    const c10::InferenceMode noGradients;
    const auto start = std::chrono::steady_clock::now();
    auto samples = meter.measure(cell, first, count, pace);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i].cell = cell;
        samples[i].index = first + static_cast<std::int64_t>(i);
        samples[i].seconds = seconds.count() / static_cast<double>(samples.size());
    }
    return samples;
}

void rateSample(StudySample& sample, std::span<const TokenScore> scores, std::size_t bytes)
{
    const auto forced = forcedScores(scores);
    sample.loss = forced.loss;
    sample.tokenAccuracy = forced.accuracy;
    if (bytes > 0)
        sample.lossPerByte = forced.loss * static_cast<double>(scores.size()) / static_cast<double>(bytes);
}

} // namespace icae

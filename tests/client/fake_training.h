#pragma once

#include "protocol/train_protocol.h"

namespace icae {

/// A training job of the fake engine, and what its run logs: a line each 10 steps, an evaluation with two samples each
/// 200, 1,000 steps in all. A learning rate that is no number, or above 1, is a fault.
namespace fake_training {

constexpr std::int64_t steps = 1000;
constexpr std::int64_t evaluateEvery = 200;

std::string templateOf(const TrainTemplateParams& params);
TrainCheck check(const TrainJobParams& params);
/// What was logged after a step, up to another.
RunContent content(const RunInfo& info, const std::string& job, std::int64_t after, std::int64_t upTo);

} // namespace fake_training

} // namespace icae

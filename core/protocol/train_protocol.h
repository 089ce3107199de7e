#pragma once

#include "protocol/engine_protocol.h"
#include "protocol/train_messages.h"

/// The requests of training, beside those of engine_protocol.h. A job is a run: it is started, read, stopped, resumed,
/// renamed and deleted as any other.
namespace icae::protocol {

constexpr Method<TrainTemplateParams, TrainTemplate> trainTemplate{{"train/template"}};
constexpr Method<TrainJobParams, TrainCheck> trainCheck{{"train/check"}}; ///< quick enough for each key
/// Trains a few steps and evaluates, in a process of its own: that it runs out of memory is an answer. Takes seconds to
/// minutes.
constexpr Method<TrainJobParams, TrainEstimate> trainEstimate{{"train/estimate", Pace::Model, "Estimating the job"}};
constexpr Method<ExtendRunParams, ExtendedRun> runsExtend{{"runs/extend"}}; ///< and resumes it
constexpr Method<RunQueueParams, RunQueue> runsQueue{{"runs/queue"}}; ///< who waits; changes the order
constexpr Method<PublishRunParams, PublishedRun> runsPublish{{"runs/publish"}}; ///< an adapter folder with its card

} // namespace icae::protocol

#pragma once

#include "icae/adapter_config.h"
#include "llm/config.h"
#include "train/rank_place.h"

#include <cstdint>
#include <stop_token>
#include <string>

namespace icae {

/// An adapter's training step on a frozen base of random weights: autoencoding of `sequences` full spans.
struct StepBenchOptions {
    std::int64_t sequences = 1; ///< a batch
    std::int64_t accumulate = 1; ///< batches a step
    bool checkpointActivations = false;
    int rounds = 5; ///< each of `stepsARound` steps
    std::string device = "auto";
    std::string dtype = "auto";
    RankPlace place = {}; ///< of several ranks, which read a part of the batch each
};

struct StepBenchResult {
    double tokensPerSecond = 0; ///< context tokens; median over the rounds
    double secondsAStep = 0;
    std::int64_t trainedNumbers = 0;
    std::int64_t peakBytes = 0; ///< most that tensors held at once on a CUDA device; 0 on the CPU
    double exchangeShare = 0; ///< of several ranks: time in exchanges between them, 0 to 1
    std::string device;
    std::string dtype;
};

/// Forward, backward, exchange and update as the trainer does them, batches on the device already. Each rank calls it.
/// @throws Error (OutOfMemory, Device, Cancelled)
StepBenchResult benchAdapterStep(const LlmConfig& config, const AdapterConfig& adapter, const StepBenchOptions& options,
                                 const std::stop_token& stop);

} // namespace icae

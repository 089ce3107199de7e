#pragma once

#include "llm/decoder.h"

#include <memory>

namespace icae {

/// Reads one token a sequence, again and again: the inner loop of generation.
class StepEngine {
public:
    StepEngine() = default;
    StepEngine(const StepEngine&) = delete;
    StepEngine& operator=(const StepEngine&) = delete;
    virtual ~StepEngine() = default;

    /// Does what need be done once before the first step.
    virtual void prepare() { }

    /// @param ids [B] int64 on the weights' device
    /// @param positions [B] float32 there
    /// @return logits [B, vocabulary], valid until the next call
    virtual at::Tensor step(const at::Tensor& ids, const at::Tensor& positions) = 0;
};

/// The fastest engine for the device, dtype and number of sequences. Decoder, weights and cache must outlive it.
std::unique_ptr<StepEngine> makeStepEngine(const Decoder& decoder, const LlmWeights& weights, KvCache& cache);

/// The engine that works everywhere: a forward pass of one token.
std::unique_ptr<StepEngine> makePlainStepEngine(const Decoder& decoder, const LlmWeights& weights, KvCache& cache);

} // namespace icae

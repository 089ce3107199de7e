#pragma once

#include "llm/step.h"

#include <vector>

namespace icae {

/// One-token steps for a few sequences in float32: a single parallel region a step, in which each thread reads its
/// share of every matrix once. What bounds it is the speed of memory.
class CpuStep final : public StepEngine {
public:
    CpuStep(const LlmConfig& config, const LlmWeights& weights, KvCache& cache);
    at::Tensor step(const at::Tensor& ids, const at::Tensor& positions) override;

private:
    struct Layer;
    void runLayer(const Layer& layer);
    void attendHeads(const Layer& layer);
    void normalised(const float* weight, float* out) const;

    const LlmConfig& m_config;
    const LlmWeights& m_weights;
    KvCache& m_cache;
    int64_t m_batch = 0;
    std::vector<float> m_states; ///< [B, d], the residual stream
    std::vector<float> m_qkv; ///< [B, (heads + 2·kvHeads)·headDim]
    std::vector<float> m_attended; ///< [B, heads·headDim]
    std::vector<float> m_gateUp; ///< [B, 2·f]
    std::vector<float> m_gated; ///< [B, f]
    std::vector<float> m_rotation; ///< [B, headDim]: cosines, then sines
    std::vector<std::vector<float>> m_normal; ///< a thread: [B, d]
    std::vector<std::vector<float>> m_scores; ///< a thread: [capacity]
    at::Tensor m_logits; ///< [B, vocabulary]
};

} // namespace icae

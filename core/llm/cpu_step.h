#pragma once

#include "llm/cpu_work.h"
#include "llm/step.h"

#include <vector>

namespace icae {

/// One-token steps for a few sequences in float32: a crew of threads reads every matrix once. What bounds it is the
/// speed of memory. As long as it lives, OpenMP's loops on the thread that made it use that thread only, since OpenMP's
/// others would spin after each on the cores that the crew needs.
class CpuStep final : public StepEngine {
public:
    CpuStep(const LlmConfig& config, const LlmWeights& weights, KvCache& cache);
    ~CpuStep() override;
    CpuStep(const CpuStep&) = delete;
    CpuStep& operator=(const CpuStep&) = delete;
    at::Tensor step(const at::Tensor& ids, const at::Tensor& positions) override;

private:
    struct Layer;
    void addLayer(const LayerWeights& weights, const at::Tensor& keys, const at::Tensor& values, int threads);
    void runLayer(Layer& layer);
    void normalise(const float* weight);
    void addToStates(const float* bias);
    void rotateAndRemember(const Layer& layer);

    const LlmConfig& m_config;
    const LlmWeights& m_weights;
    KvCache& m_cache;
    int64_t m_batch = 0;
    std::vector<float> m_states; ///< [B, d], the residual stream
    std::vector<float> m_normal; ///< [B, d]
    std::vector<float> m_qkv; ///< [B, (heads + 2·kvHeads)·headDim]
    std::vector<float> m_attended; ///< [B, heads·headDim]
    std::vector<float> m_gated; ///< [B, f]
    std::vector<float> m_rotation; ///< [B, headDim]: cosines, then sines
    at::Tensor m_logits; ///< [B, vocabulary]
    std::vector<std::unique_ptr<Layer>> m_layers;
    std::unique_ptr<ProductWork> m_head;
    std::unique_ptr<Crew> m_crew; ///< after all that its threads use
    int m_openMpThreads = 0; ///< what the calling thread had before
};

} // namespace icae

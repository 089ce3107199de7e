#pragma once

#include "llm/cpu_work.h"
#include "llm/step.h"
#include "tensor/cpu_kernels.h"

#include <vector>

namespace icae {

/// Reads a few tokens at once in float32: a crew of threads reads every matrix once. What bounds it is the speed of
/// memory. More tokens than fewRows go the decoder's way. As long as it lives, OpenMP's loops on the thread that made
/// it use that thread only, since OpenMP's others would spin after each on the cores that the crew needs.
class CpuStep final : public StepEngine {
public:
    CpuStep(const Decoder& decoder, const LlmWeights& weights, KvCache& cache);
    ~CpuStep() override;
    CpuStep(const CpuStep&) = delete;
    CpuStep& operator=(const CpuStep&) = delete;
    at::Tensor step(const at::Tensor& ids, const at::Tensor& positions) override;
    at::Tensor read(const TokenRows& rows) override;
    ForwardCost cost() const override { return forwardCost(m_config, m_weights); }

private:
    struct Layer;
    void addLayer(const LayerWeights& weights, const at::Tensor& keys, const at::Tensor& values, int threads);
    void runLayer(Layer& layer);
    template <typename Work> void run(Work& work);
    void normalise(const float* weight);
    void addToStates(const float* bias);
    void rotateAndRemember(const Layer& layer);
    at::Tensor forward(const int64_t* ids, const float* positions);
    float* queries() { return m_input.data() + fewRows * AttentionWork::placeSize; }

    const LlmConfig& m_config;
    const LlmWeights& m_weights;
    KvCache& m_cache;
    struct Row {
        int64_t sequence = 0;
        int64_t place = 0; ///< in the cache
    };
    std::vector<Row> m_rows; ///< of the forward at work; N of them
    std::vector<float> m_states; ///< [N, d], the residual stream
    std::vector<float> m_normal; ///< [N, d]
    std::vector<float> m_input; ///< of the attention: places, then [N, (heads + 2·kvHeads)·headDim]
    std::vector<float> m_attended; ///< [N, heads·headDim]
    std::vector<float> m_gated; ///< [N, f]
    std::vector<float> m_rotation; ///< [N, headDim]: cosines, then sines
    at::Tensor m_logits; ///< [fewRows, vocabulary]
    std::vector<std::unique_ptr<Layer>> m_layers;
    std::unique_ptr<ProductWork> m_head;
    std::unique_ptr<Crew> m_crew; ///< after all that its threads use
    int m_openMpThreads = 0; ///< what the calling thread had before
    std::unique_ptr<StepEngine> m_wide; ///< for more than a few rows
};

} // namespace icae

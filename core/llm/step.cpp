#include "llm/step.h"

#include "llm/cpu_step.h"
#include "tensor/cpu_kernels.h"

#ifdef ICAE_WITH_CUDA_KERNELS
#include "llm/cuda_step.h"
#endif

namespace icae {

namespace {

class PlainStep final : public StepEngine {
public:
    PlainStep(const Decoder& decoder, const LlmWeights& weights, KvCache& cache)
        : m_decoder(decoder)
        , m_weights(weights)
        , m_cache(cache)
    {
    }

    at::Tensor step(const at::Tensor& ids, const at::Tensor& positions) override
    {
        const auto states = m_decoder.hidden(m_weights, Decoder::embed(m_weights, ids).unsqueeze(1),
                                             positions.unsqueeze(1), 1, m_cache);
        return m_decoder.logits(m_weights, states.squeeze(1));
    }

private:
    const Decoder& m_decoder;
    const LlmWeights& m_weights;
    KvCache& m_cache;
};

} // namespace

std::unique_ptr<StepEngine> makePlainStepEngine(const Decoder& decoder, const LlmWeights& weights, KvCache& cache)
{
    return std::make_unique<PlainStep>(decoder, weights, cache);
}

std::unique_ptr<StepEngine> makeStepEngine(const Decoder& decoder, const LlmWeights& weights, KvCache& cache)
{
    if (weights.device().is_cpu() && weights.dtype() == at::kFloat && cache.batch <= fewRows)
        return std::make_unique<CpuStep>(decoder.config(), weights, cache);
#ifdef ICAE_WITH_CUDA_KERNELS
    if (weights.device().is_cuda() && CudaStep::fits(decoder.config(), cache))
        return std::make_unique<CudaStep>(decoder, weights, cache);
#endif
    return makePlainStepEngine(decoder, weights, cache);
}

} // namespace icae

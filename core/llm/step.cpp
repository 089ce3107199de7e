#include "llm/step.h"

#include "llm/cpu_step.h"
#include "tensor/cpu_kernels.h"

#ifdef ICAE_WITH_CUDA_KERNELS
#include "llm/cuda_step.h"
#endif

#include <algorithm>

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
        std::vector<SequenceRows> sequences;
        for (int64_t b = 0; b < m_cache.batch; ++b) {
            const auto length = m_cache.lengths[static_cast<std::size_t>(b)];
            sequences.push_back({b, b, 1, std::min(length, m_cache.capacity - 1)});
        }
        auto logits = forward(ids, positions, std::move(sequences));
        m_cache.advance(1);
        return logits;
    }

    at::Tensor read(const TokenRows& rows) override
    {
        auto logits = forward(onDevice(rows.ids, at::kLong), onDevice(rows.positions, at::kFloat), rows.sequences);
        for (const auto& s : rows.sequences)
            m_cache.lengths[static_cast<std::size_t>(s.sequence)] += s.count;
        return logits;
    }

    ForwardCost cost() const override { return forwardCost(m_decoder.config(), m_weights); }

private:
    at::Tensor forward(const at::Tensor& ids, const at::Tensor& positions, std::vector<SequenceRows> sequences) const
    {
        const RowLayout layout(std::move(sequences), m_cache.starts, m_weights.device());
        const auto states = m_decoder.hidden(m_weights, Decoder::embed(m_weights, ids), positions, layout, m_cache);
        return m_decoder.logits(m_weights, states);
    }

    template <typename T> at::Tensor onDevice(const std::vector<T>& values, at::ScalarType type) const
    {
        auto tensor = at::empty({static_cast<int64_t>(values.size())}, type);
        std::copy(values.begin(), values.end(), tensor.data_ptr<T>());
        return tensor.to(m_weights.device());
    }

    const Decoder& m_decoder;
    const LlmWeights& m_weights;
    KvCache& m_cache;
};

} // namespace

void TokenRows::add(int64_t id, float position)
{
    ids.push_back(id);
    positions.push_back(position);
    ++sequences.back().count;
}

ForwardCost forwardCost(const LlmConfig& config, const LlmWeights& weights)
{
    const auto parameters = static_cast<double>(config.parametersReadPerToken());
    const auto cached = static_cast<double>(KvCache::bytes(config, 1, 1, weights.dtype()));
    ForwardCost cost;
    cost.vocabulary = config.vocabSize;
    if (weights.device().is_cpu()) {
        // Between two cores with AVX2 (a row takes a fifth of reading the weights) and two with AVX-512 (a twelfth);
        // a BLAS packs the weights first and takes half as long a row then.
        cost.forward = 4.5;
        cost.fewRows = fewRows;
        cost.wideForward = 12;
        cost.wideRow = 0.5;
        cost.cachedToken = cost.forward * cached / (parameters * sizeof(float));
        return cost;
    }
    // An H100: 3 TB/s, 45 (fp32) and 600 TFLOP/s, 3 µs a kernel.
    constexpr double bytesPerSecond = 3e12;
    const double row = 2 * parameters / (weights.dtype() == at::kFloat ? 45e12 : 600e12);
    const auto size = static_cast<double>(c10::elementSize(weights.dtype()));
    cost.forward = (parameters * size / bytesPerSecond + 27e-6 * static_cast<double>(config.layers)) / row;
    cost.cachedToken = cached / bytesPerSecond / row;
    // The host waits for a block, and its attention computes whole tiles without tensor cores, at 15 TFLOP/s.
    constexpr std::int64_t tileQueries = 16;
    cost.block = 60e-6 / row;
    cost.tileRows = std::max<std::int64_t>(1, tileQueries * config.kvHeads / config.heads);
    cost.tile = static_cast<double>(4 * tileQueries * config.kvHeads * config.headDim * config.layers) / 15e12 / row;
    return cost;
}

std::unique_ptr<StepEngine> makePlainStepEngine(const Decoder& decoder, const LlmWeights& weights, KvCache& cache)
{
    return std::make_unique<PlainStep>(decoder, weights, cache);
}

std::unique_ptr<StepEngine> makeStepEngine(const Decoder& decoder, const LlmWeights& weights, KvCache& cache)
{
    if (weights.device().is_cpu() && weights.dtype() == at::kFloat && cache.batch <= fewRows)
        return std::make_unique<CpuStep>(decoder, weights, cache);
#ifdef ICAE_WITH_CUDA_KERNELS
    if (weights.device().is_cuda() && CudaStep::fits(decoder.config(), cache))
        return std::make_unique<CudaStep>(decoder, weights, cache);
#endif
    return makePlainStepEngine(decoder, weights, cache);
}

} // namespace icae

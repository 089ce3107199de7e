#include "llm/decoder.h"

#include "protocol/error.h"

#include <utility>

namespace icae {

void checkPositions(const LlmConfig& config, double lastPosition)
{
    if (lastPosition < static_cast<double>(config.maxPositions))
        return;
    throw Error(ErrorKind::InvalidInput,
                "The input reaches position " + std::to_string(static_cast<std::int64_t>(lastPosition))
                    + ", but this model was trained for " + std::to_string(config.maxPositions) + " positions.",
                "Read fewer or shorter spans at once, or generate fewer tokens.");
}

void checkWindow(const LlmConfig& config, std::int64_t tokens)
{
    if (!config.slidingWindow || tokens <= *config.slidingWindow)
        return;
    throw Error(ErrorKind::Unsupported,
                "The input has " + std::to_string(tokens) + " tokens, but this model's attention reaches back "
                    + std::to_string(*config.slidingWindow) + " only.",
                "Use shorter spans or fewer of them at once; sliding-window attention is not implemented.");
}

Decoder::Decoder(LlmConfig config, std::shared_ptr<const Kernels> kernels)
    : m_config(std::move(config))
    , m_kernels(std::move(kernels))
{
}

at::Tensor Decoder::run(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                        int64_t wanted, const std::function<std::pair<at::Tensor, at::Tensor>(int64_t)>& cacheOf,
                        int64_t past, const at::Tensor& starts, const std::stop_token& stop) const
{
    const int64_t batch = embeddings.size(0);
    const int64_t length = embeddings.size(1);
    checkWindow(m_config, past + length);
    const HeadShape heads{m_config.heads, m_config.kvHeads, m_config.headDim};
    const auto& k = *m_kernels;
    auto x = embeddings.reshape({batch * length, m_config.hiddenSize}).clone();
    for (int64_t i = 0; i < m_config.layers; ++i) {
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "Stopped.", {});
        const auto& layer = weights.layers[static_cast<std::size_t>(i)];
        auto [keys, values] = cacheOf(i);
        const auto qkv = k.linear(k.rmsNorm(x, layer.inputNorm, m_config.rmsEps), layer.qkv);
        auto q = k.ropeSplit(qkv, positions, weights.inverseFrequencies, heads, layer.headInputs(m_config), keys,
                             values, past);
        const int64_t skipped = i + 1 == m_config.layers ? length - wanted : 0;
        if (skipped > 0) {
            q = q.narrow(2, skipped, wanted).contiguous();
            x = x.view({batch, length, m_config.hiddenSize}).narrow(1, skipped, wanted).contiguous().flatten(0, 1);
        }
        k.addLinear(x, k.attention(q, keys, values, past + skipped, starts), layer.o);
        if (layer.oBias.defined())
            x.add_(layer.oBias);
        const auto gateUp = k.linear(k.rmsNorm(x, layer.postNorm, m_config.rmsEps), layer.gateUp);
        k.addLinear(x, k.swiglu(gateUp), layer.down);
    }
    return k.rmsNorm(x, weights.finalNorm, m_config.rmsEps).view({batch, wanted, m_config.hiddenSize});
}

at::Tensor Decoder::hidden(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                           int64_t wanted, const std::stop_token& stop) const
{
    // Without a cache each layer's keys and values live in the same buffer.
    auto keys =
        at::empty({embeddings.size(0), m_config.kvHeads, embeddings.size(1), m_config.headDim}, embeddings.options());
    auto values = at::empty_like(keys);
    return run(
        weights, embeddings, positions, wanted, [&](int64_t) { return std::pair(keys, values); }, 0, {}, stop);
}

at::Tensor Decoder::hidden(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                           int64_t wanted, KvCache& cache, const std::stop_token& stop) const
{
    if (cache.length + embeddings.size(1) > cache.capacity)
        throw Error(ErrorKind::Internal, "The key-value cache is too small.", "Report this.");
    const auto cacheOf = [&](int64_t i) {
        return std::pair(cache.keys[static_cast<std::size_t>(i)], cache.values[static_cast<std::size_t>(i)]);
    };
    auto states = run(weights, embeddings, positions, wanted, cacheOf, cache.length, cache.starts, stop);
    cache.length += embeddings.size(1);
    return states;
}

at::Tensor Decoder::logits(const LlmWeights& weights, const at::Tensor& states) const
{
    return m_kernels->linear(states, weights.head);
}

at::Tensor Decoder::embed(const LlmWeights& weights, const at::Tensor& ids)
{
    return at::embedding(weights.embedding, ids);
}

} // namespace icae

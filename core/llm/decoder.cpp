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

/// @param wanted how many of the last rows of each sequence the last layer computes; 0: all
at::Tensor Decoder::run(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                        const RowLayout& layout, int64_t wanted,
                        const std::function<std::pair<at::Tensor, at::Tensor>(int64_t)>& cacheOf,
                        const std::stop_token& stop) const
{
    for (const auto& s : layout.sequences())
        checkWindow(m_config, s.past + s.count);
    const HeadShape heads{m_config.heads, m_config.kvHeads, m_config.headDim};
    const auto& k = *m_kernels;
    const int64_t length = layout.sequences().front().count;
    const bool skips = wanted > 0 && wanted < length;
    const auto shorter = skips ? layout.last(wanted) : layout;
    /// The last `wanted` rows of each sequence of x [B·length, ..].
    const auto lastRows = [&](const at::Tensor& x) {
        auto shape = x.sizes().vec();
        shape.front() = length;
        shape.insert(shape.begin(), x.size(0) / length);
        return x.view(shape).narrow(1, length - wanted, wanted).contiguous().flatten(0, 1);
    };
    const auto goOn = [&] {
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "Stopped.", {});
    };
    auto x = embeddings.clone();
    for (int64_t i = 0; i < m_config.layers; ++i) {
        goOn();
        const auto& layer = weights.layers[static_cast<std::size_t>(i)];
        auto [keys, values] = cacheOf(i);
        const auto qkv = k.linear(k.rmsNorm(x, layer.inputNorm, m_config.rmsEps), layer.qkv);
        auto q = k.ropeSplit(qkv, positions, weights.inverseFrequencies, heads, layer.headInputs(m_config), keys,
                             values, layout);
        const bool last = i + 1 == m_config.layers;
        if (last && skips) {
            q = lastRows(q);
            x = lastRows(x);
        }
        goOn();
        k.addLinear(x, k.attention(q, keys, values, last ? shorter : layout), layer.o);
        if (layer.oBias.defined())
            x.add_(layer.oBias);
        goOn();
        const auto gateUp = k.linear(k.rmsNorm(x, layer.postNorm, m_config.rmsEps), layer.gateUp);
        goOn();
        k.addLinear(x, k.swiglu(gateUp), layer.down);
    }
    return k.rmsNorm(x, weights.finalNorm, m_config.rmsEps);
}

at::Tensor Decoder::hidden(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                           int64_t wanted, const std::stop_token& stop) const
{
    // Without a cache each layer's keys and values live in the same buffer.
    const int64_t batch = embeddings.size(0);
    const int64_t length = embeddings.size(1);
    auto keys = at::empty({batch, m_config.kvHeads, length, m_config.headDim}, embeddings.options());
    auto values = at::empty_like(keys);
    return run(
               weights, embeddings.reshape({batch * length, -1}), positions.reshape({-1}),
               RowLayout::uniform(batch, length, 0, {}, embeddings.device()), wanted,
               [&](int64_t) { return std::pair(keys, values); }, stop)
        .view({batch, wanted, m_config.hiddenSize});
}

at::Tensor Decoder::hidden(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                           int64_t wanted, KvCache& cache, const std::stop_token& stop) const
{
    const int64_t batch = embeddings.size(0);
    const int64_t length = embeddings.size(1);
    auto states = run(
        weights, embeddings.reshape({batch * length, -1}), positions.reshape({-1}),
        RowLayout::uniform(batch, length, cache.commonLength(length), cache.starts, embeddings.device()), wanted,
        [&](int64_t i) { return cache.layer(i); }, stop);
    cache.advance(length);
    return states.view({batch, wanted, m_config.hiddenSize});
}

at::Tensor Decoder::hidden(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                           const RowLayout& layout, KvCache& cache) const
{
    return run(weights, embeddings, positions, layout, 0, [&](int64_t i) { return cache.layer(i); }, {});
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

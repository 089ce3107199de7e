#pragma once

#include "llm/config.h"
#include "llm/kv_cache.h"
#include "llm/weights.h"
#include "tensor/kernels.h"

#include <functional>
#include <memory>
#include <stop_token>

namespace icae {

/// Throws Error (InvalidInput) where a position is not below what the model was trained for.
void checkPositions(const LlmConfig& config, double lastPosition);

/// Throws Error (Unsupported) where a sequence of so many tokens is longer than attention reaches back.
void checkWindow(const LlmConfig& config, std::int64_t tokens);

/// The transformer: layers over embeddings, at positions that the caller chooses. Holds no state between calls; the
/// weights are given each time, since the encoder and the decoder of an ICAE differ in nothing else.
class Decoder {
public:
    Decoder(LlmConfig config, std::shared_ptr<const Kernels> kernels);

    /// Reads T tokens a sequence, causally, without remembering them.
    /// @param embeddings [B, T, d] in the weights' dtype
    /// @param positions [B, T] float32, any real numbers
    /// @param wanted how many of the last tokens' states are wanted; the last layer skips the others' work
    /// @param stop checked before each layer; throws Error (Cancelled)
    /// @return the states after the final norm [B, wanted, d]
    at::Tensor hidden(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                      int64_t wanted, const std::stop_token& stop = {}) const;

    /// Reads T more tokens a sequence after what the cache holds, and remembers them.
    at::Tensor hidden(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                      int64_t wanted, KvCache& cache, const std::stop_token& stop = {}) const;

    /// Reads rows of several sequences, each behind what the cache holds of its own, and remembers them.
    /// @param embeddings [N, d] in the weights' dtype
    /// @param positions [N] float32 on their device
    /// @param layout its past must be what the cache holds
    /// @return the states after the final norm [N, d]
    at::Tensor hidden(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                      const RowLayout& layout, KvCache& cache) const;

    /// states [N, d] -> logits [N, vocabulary] in the weights' dtype
    at::Tensor logits(const LlmWeights& weights, const at::Tensor& states) const;

    /// ids [..] int64 -> embeddings [.., d]
    static at::Tensor embed(const LlmWeights& weights, const at::Tensor& ids);

    const LlmConfig& config() const { return m_config; }
    const Kernels& kernels() const { return *m_kernels; }

private:
    at::Tensor run(const LlmWeights& weights, const at::Tensor& embeddings, const at::Tensor& positions,
                   const RowLayout& layout, int64_t wanted,
                   const std::function<std::pair<at::Tensor, at::Tensor>(int64_t)>& cacheOf,
                   const std::stop_token& stop) const;

    LlmConfig m_config;
    std::shared_ptr<const Kernels> m_kernels;
};

} // namespace icae

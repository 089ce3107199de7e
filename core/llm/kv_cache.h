#pragma once

#include "llm/config.h"
#include "tensor/torch.h"

#include <utility>
#include <vector>

namespace icae {

/// Keys and values of what a batch of sequences has read so far, allocated once for all tokens to come.
struct KvCache {
    std::vector<at::Tensor> keys; ///< a layer: [B, kvHeads, capacity, headDim]
    std::vector<at::Tensor> values; ///< the same
    int64_t batch = 0;
    int64_t capacity = 0; ///< tokens a sequence
    std::vector<int64_t> lengths; ///< tokens that each sequence holds, its padding included
    at::Tensor starts; ///< [B] int64 on the CPU: first valid token of each sequence; undefined where all start at 0

    static KvCache allocate(const LlmConfig& config, int64_t batch, int64_t capacity, const at::Device& device,
                            at::ScalarType dtype);

    /// Keys and values of a layer.
    std::pair<at::Tensor, at::Tensor> layer(int64_t index) const;

    /// What all sequences hold alike. Throws Error (Internal) where they differ, or where `more` tokens do not fit.
    int64_t commonLength(int64_t more) const;

    /// Counts `more` tokens a sequence; one that is full already stays so: it has ended, and nobody reads it any more.
    void advance(int64_t more);

    /// Bytes that such a cache takes.
    static int64_t bytes(const LlmConfig& config, int64_t batch, int64_t capacity, at::ScalarType dtype);
};

} // namespace icae

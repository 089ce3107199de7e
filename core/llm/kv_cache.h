#pragma once

#include "llm/config.h"
#include "tensor/torch.h"

#include <vector>

namespace icae {

/// Keys and values of what a batch of sequences has read so far, allocated once for all tokens to come.
struct KvCache {
    std::vector<at::Tensor> keys; ///< a layer: [B, kvHeads, capacity, headDim]
    std::vector<at::Tensor> values; ///< the same
    int64_t batch = 0;
    int64_t capacity = 0; ///< tokens a sequence
    int64_t length = 0; ///< tokens held
    at::Tensor starts; ///< [B] int64 on the CPU: first valid token of each sequence; undefined where all start at 0

    static KvCache allocate(const LlmConfig& config, int64_t batch, int64_t capacity, const at::Device& device,
                            at::ScalarType dtype);
    /// Bytes that such a cache takes.
    static int64_t bytes(const LlmConfig& config, int64_t batch, int64_t capacity, at::ScalarType dtype);
};

} // namespace icae

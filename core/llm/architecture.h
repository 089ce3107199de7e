#pragma once

#include "protocol/json.h"

#include <cstdint>
#include <string>

namespace icae {

/// What an architecture adds to a Llama layer, and what its config.json means where it says nothing (the defaults of
/// transformers' configuration classes).
struct Architecture {
    enum class Biases {
        None,
        IfAsked, ///< on q, k, v and o where attention_bias is true
        Qkv, ///< on q, k and v, always
    };

    const char* name; ///< as in "architectures"
    const char* modelType; ///< as in "model_type"
    Biases biases;
    bool normsHeads; ///< RMSNorm of each head of q and k before RoPE
    bool windowIfAsked; ///< sliding_window counts only where use_sliding_window is true
    std::int64_t kvHeads; ///< 0: as many as heads
    std::int64_t headDim; ///< 0: hidden_size / heads
    std::int64_t maxPositions;
    std::int64_t slidingWindow; ///< 0: none
};

/// The architecture that a config.json names.
/// @throws Error (Unsupported) naming what is not implemented: the architecture, or whatever else would change what is
///         computed (mixture of experts, layers without positions, quantised weights, …)
const Architecture& architectureOf(const JsonReader& config);

/// Throws Error (Unsupported): `source` asks for `what`.
[[noreturn]] void unsupportedByModels(const std::string& source, const std::string& what);

} // namespace icae

#pragma once

#include "icae/adapter_config.h"
#include "llm/weights.h"
#include "tensor/safetensors.h"

#include <filesystem>
#include <memory>

namespace icae {

/// What an adapter's folder or file says of itself, read without loading the numbers.
struct AdapterFile {
    std::filesystem::path weights; ///< icae.safetensors, or the file that was named
    AdapterConfig config;
    std::shared_ptr<const TensorStore> store;

    /// @param path a folder with icae.safetensors (and icae_config.json), or a published .safetensors file
    /// @throws Error (NotFound, InvalidInput, Unsupported)
    static AdapterFile open(const std::filesystem::path& path);

    std::int64_t parameters() const; ///< numbers in all its tensors
};

/// Why the adapter cannot work on a base of this shape; empty where shapes agree.
std::string whyAdapterDoesNotFit(const AdapterFile& file, const LlmConfig& config);

/// A loaded adapter: the encoder's weights with LoRA merged in, and the trained embeddings.
struct Adapter {
    AdapterConfig config;
    LlmWeights encoder; ///< shares every tensor that LoRA does not touch with the base
    at::Tensor embeddings; ///< [slots + special tokens, d], in the base's dtype
    at::Tensor slotScale; ///< [d]; undefined where there is none

    /// W' = W + alpha/r · B·A for every targeted linear (Hu et al. 2021), summed in float32.
    /// @throws Error (Mismatch) where the adapter does not fit the base, naming the tensor
    static Adapter load(const AdapterFile& file, const LlmConfig& config, const LlmWeights& base);

    at::Tensor memoryTokens(std::int64_t slots) const { return embeddings.narrow(0, 0, slots); }
    /// @param token "AE", "LM" or "FT"
    at::Tensor specialToken(std::string_view token) const { return embeddings.narrow(0, config.specialRow(token), 1); }
};

/// An adapter with random numbers, for benchmarks.
Adapter randomAdapter(const AdapterConfig& config, const LlmConfig& base, const LlmWeights& weights);

} // namespace icae

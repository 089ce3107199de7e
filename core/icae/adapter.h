#pragma once

#include "icae/adapter_config.h"
#include "llm/weights.h"
#include "tensor/safetensors.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// What an adapter's folder or file says of itself, read without loading the numbers.
struct AdapterFile {
    std::filesystem::path weights; ///< the file, or the folder of one that is in several
    AdapterConfig config;
    std::optional<PeftConfig> peft; ///< adapter_config.json, where it is beside
    std::map<std::string, TensorView, std::less<>> tensors; ///< the adapter's, by their published names
    std::map<std::string, TensorView, std::less<>> frozen; ///< the base's, by HF's names, in a whole-module checkpoint
    std::vector<std::shared_ptr<const TensorStore>> stores; ///< what the tensors lie in

    /// @param path a folder with icae.safetensors (and icae_config.json), with PEFT's adapter_model.safetensors, or
    /// with
    ///        a whole-module checkpoint; or one of these files
    /// @throws Error (NotFound); (InvalidInput) naming what it lacks; (Unsupported) naming what is not plain LoRA
    static AdapterFile open(const std::filesystem::path& path);

    std::int64_t parameters() const; ///< numbers in all its tensors
    std::vector<std::filesystem::path> files() const; ///< what it consists of
    /// LoRA's factor on B·A of one module.
    double loraScale(std::int64_t layer, const std::string& target, std::int64_t rank) const;
    /// Published names of a module's matrices and their rank; nothing where it has no LoRA.
    struct Pair {
        const TensorView* a = nullptr; ///< [rank, in]
        const TensorView* b = nullptr; ///< [out, rank]
    };
    std::optional<Pair> pair(std::int64_t layer, const std::string& target) const;
};

/// The file or folder in which a folder's adapter lies; empty where it holds none.
std::filesystem::path adapterIn(const std::filesystem::path& folder);

/// Why the adapter cannot work on a base of this shape; empty where shapes agree.
std::string whyAdapterDoesNotFit(const AdapterFile& file, const LlmConfig& config);

/// Why a whole-module checkpoint was trained on another base than this; empty where its frozen weights are the base's.
/// @param largest bytes of a tensor that is looked at
std::string whyFrozenWeightsDiffer(const AdapterFile& file, const TensorStore& base, std::size_t largest = SIZE_MAX);

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

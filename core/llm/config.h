#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// Shape of a Llama or Mistral language model, as HF's config.json gives it.
struct LlmConfig {
    std::string architecture; ///< "LlamaForCausalLM" or "MistralForCausalLM"
    std::int64_t vocabSize = 0;
    std::int64_t hiddenSize = 0; ///< d
    std::int64_t intermediateSize = 0; ///< f, width of the gated feed-forward layer
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0; ///< divides heads; fewer than heads: grouped-query attention
    std::int64_t headDim = 0; ///< even
    std::int64_t maxPositions = 0; ///< positions the model was trained for
    std::optional<std::int64_t> slidingWindow; ///< attention reaches back this many tokens; absent: all
    double ropeTheta = 10000.0;
    double rmsEps = 1e-6;
    bool tiedEmbeddings = false;
    std::int64_t bosId = 1;
    std::int64_t eosId = 2;

    /// Weights of the model (tied ones once).
    std::int64_t parameters() const;
    /// Weights that one decoding step reads: all but the input embedding (which costs one row), the head included.
    std::int64_t parametersReadPerToken() const;
};

/// Reads HF's config.json, both as transformers 5 writes it (rope_parameters) and as older versions did.
/// @param source name for messages
/// @throws Error (Unsupported) naming the feature for any architecture, RoPE scaling, activation, bias or quantisation
///         that is not implemented; (InvalidInput) for missing, mistyped or inconsistent fields
LlmConfig parseLlmConfig(std::string_view json, const std::string& source);

/// One weight of a model: HF name and expected shape.
struct WeightSpec {
    std::string name;
    std::vector<std::int64_t> shape;
};

/// Every weight a model of this shape consists of, in HF's names.
std::vector<WeightSpec> expectedWeights(const LlmConfig& config);

/// The seven linears of a layer that LoRA may target, e.g. "q_proj".
enum class Linear { Q, K, V, O, Gate, Up, Down };

struct LinearSpec {
    Linear linear;
    const char* name; ///< e.g. "q_proj"
    const char* module; ///< path within the layer, e.g. "self_attn.q_proj"
    std::int64_t out;
    std::int64_t in;
};

/// The seven linears with their shapes [out, in].
std::vector<LinearSpec> linears(const LlmConfig& config);

} // namespace icae

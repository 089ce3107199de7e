#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// RoPE's frequencies (Su et al. 2021), and how they are stretched for longer texts than a model was first trained on.
struct RopeConfig {
    enum class Scaling {
        None,
        Linear, ///< all divided by the factor (Chen et al. 2023)
        Llama3, ///< low ones divided, high ones kept, those between interpolated (Llama 3.1)
    };

    double theta = 10000.0;
    Scaling scaling = Scaling::None;
    double factor = 1.0;
    double lowFrequencyFactor = 1.0; ///< Llama3
    double highFrequencyFactor = 4.0; ///< Llama3; above the low one
    std::int64_t originalPositions = 0; ///< Llama3: positions before stretching
};

/// Shape of a language model made of Llama's layers, as HF's config.json gives it.
struct LlmConfig {
    std::string architecture; ///< e.g. "LlamaForCausalLM"
    std::int64_t vocabSize = 0;
    std::int64_t hiddenSize = 0; ///< d
    std::int64_t intermediateSize = 0; ///< f, width of the gated feed-forward layer
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0; ///< divides heads; fewer than heads: grouped-query attention
    std::int64_t headDim = 0; ///< even
    bool qkvBias = false; ///< q, k and v have biases
    bool outputBias = false; ///< o has one
    bool normsHeads = false; ///< RMSNorm of each head of q and k before RoPE
    std::int64_t maxPositions = 0; ///< positions the model was trained for
    std::optional<std::int64_t> slidingWindow; ///< attention reaches back this many tokens; absent: all
    RopeConfig rope;
    double rmsEps = 1e-6;
    bool tiedEmbeddings = false;
    std::int64_t bosId = 1; ///< stands before everything where nothing else does
    bool hasBos = true; ///< contexts begin with it; not those of Qwen, whose tokenizer sets none
    std::vector<std::int64_t> eosIds{2}; ///< each ends a text; never empty
    std::int64_t tokens = 0; ///< rows of the vocabulary that may be chosen; those behind them are padding

    std::int64_t eosId() const { return eosIds.front(); } ///< what a text that is learnt ends with

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

/// Takes the end ids from HF's generation_config.json where it has any: they go before config.json's.
/// @throws Error (InvalidInput)
void applyGenerationConfig(LlmConfig& config, std::string_view json, const std::string& source);

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
    bool bias; ///< it has one
};

/// The seven linears with their shapes [out, in].
std::vector<LinearSpec> linears(const LlmConfig& config);

} // namespace icae

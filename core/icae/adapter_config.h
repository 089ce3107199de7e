#pragma once

#include "icae/adapter_names.h"
#include "icae/peft_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// Where the tokens of encoder and decoder sit on RoPE's axis.
enum class PositionLayout {
    Sequential, ///< context, then memory tokens, counting up (the ICAE paper)
    Spread, ///< each memory token in the middle of its share of the context (EPL, arXiv 2409.14364)
};

/// Which slots the decoder sees when it writes a text back.
enum class AeReads {
    All, ///< the slots of all spans, writing the whole text in one go (published adapters)
    Span, ///< one span at a time, each at its own positions
};

/// Texts around slots and question in instruction tuning: left, slots, [FT], rightBefore + question + rightAfter.
struct PromptTemplate {
    bool leftBos = false; ///< BOS before left
    std::string left;
    std::string rightBefore;
    std::string rightAfter;
};

/// What a base is known again by; each empty where unknown. Either SHA-256 of what is computed with it, whatever files
/// it lies in ("…:fields" of its configuration, "…:tensors" of its weights as stored), or, as older versions noted it,
/// SHA-256 of config.json and of the weights' files (digits alone). BaseIdentity compares them.
struct BaseHashes {
    std::string config;
    std::string weights;

    bool operator==(const BaseHashes&) const = default;
};

/// Everything about an adapter but its numbers (icae_config.json).
struct AdapterConfig {
    std::int64_t rank = 0; ///< of the LoRA matrices
    double alpha = 32; ///< LoRA's scale is alpha / rank
    std::vector<std::string> targets; ///< linears with LoRA, e.g. "q_proj"
    std::int64_t slots = 0; ///< memory tokens k; the most slots a span can have
    std::vector<std::int64_t> elasticSlots; ///< slot counts it was trained for, ascending; empty: only `slots`
    std::int64_t spanTokens = 0; ///< longest span
    PositionLayout layout = PositionLayout::Sequential;
    AeReads aeReads = AeReads::All;
    bool slotScale = false; ///< slots are multiplied by a trained vector
    bool contextBos = false; ///< the context starts with BOS (published adapters)
    std::vector<std::string> specialTokens{"AE", "LM", "FT"}; ///< rows behind the memory tokens' embeddings
    PromptTemplate prompt;
    /// Objectives of the job that wrote it, of "ae", "lm" and "ft"; empty: no file says it. What it started from does
    /// not count: an adapter that goes on with other objectives forgets what it no longer practises.
    std::vector<std::string> trained;
    BaseHashes base; ///< it was trained on
    std::vector<std::string> inferred; ///< sentences on what no file said and was inferred

    /// Row of a special token behind the memory tokens.
    /// @throws Error (Unsupported) where the adapter was not trained with it
    std::int64_t specialRow(std::string_view token) const;
    /// Slot counts to choose from, ascending; never empty.
    std::vector<std::int64_t> slotChoices() const;
};

std::string_view layoutName(PositionLayout layout); ///< "sequential" or "spread"
std::string_view aeReadsName(AeReads reads); ///< "all" or "span"

/// icae_config.json as this project writes it.
std::string toJsonText(const AdapterConfig& config);

/// Reads icae_config.json.
/// @throws Error (InvalidInput) naming the field; (Unsupported) for an unknown layout or target
AdapterConfig parseAdapterConfig(std::string_view json, const std::string& source);

/// What a tensor is called and how large it is; all that can be inferred from without loading.
struct TensorShape {
    std::string name;
    std::vector<std::int64_t> shape;
};

/// For an adapter without icae_config.json, as published: rank, targets and slots from the tensors, alpha 32 unless
/// PEFT's configuration says it, 4 tokens a slot, sequential layout. `inferred` says so.
/// @param tensors by their published names
/// @throws Error (InvalidInput) naming what an ICAE adapter has and this lacks
AdapterConfig inferAdapterConfig(const std::vector<TensorShape>& tensors, const PeftConfig* peft,
                                 const std::string& source);

} // namespace icae

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// One LoRA matrix of an adapter, by its name.
struct AdapterTensor {
    std::int64_t layer = -1;
    std::string target; ///< e.g. "q_proj"
    bool isB = false; ///< lora_B [out, r], else lora_A [r, in]
    std::string adapter; ///< the name that PEFT gave it; empty where the file says none
};

/// Takes a LoRA matrix's name apart, whatever stands in front of its layer: as published
/// (icae.base_model.model.model.layers.N.self_attn.q_proj.lora_A.default.weight), as PEFT writes it (without the
/// adapter's name), with "module." in front. Nothing where it is no LoRA matrix of a layer's linear.
std::optional<AdapterTensor> parseLoraName(std::string_view name);

/// The published name of a LoRA matrix.
std::string publishedLoraName(std::int64_t layer, std::string_view target, bool isB);

/// The published name of a tensor that an adapter needs (LoRA, memory_token_embed.weight, slot_scale); empty for
/// others.
std::string publishedName(std::string_view name);

/// The name in HF's files of a frozen weight that a whole-module checkpoint holds beside the adapter: with what wraps
/// the base taken off. Empty where it is none.
std::string baseName(std::string_view name);

/// What a tensor asks for that is not implemented, e.g. "DoRA (lora_magnitude_vector)"; empty for others.
std::string unsupportedAdapterTensor(std::string_view name);

} // namespace icae

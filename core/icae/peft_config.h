#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace icae {

/// What PEFT's adapter_config.json says of the LoRA matrices beside it.
struct PeftConfig {
    double alpha = 8; ///< lora_alpha
    std::map<std::string, double> alphaPattern; ///< by a regular expression for the end of a module's path
    /// layers_to_transform: the layers that have LoRA; absent: all
    std::optional<std::set<std::int64_t>> layers;
    bool rankStabilised = false; ///< scale alpha / √r (rsLoRA, Kalajdzievski 2023) in place of alpha / r
};

/// @throws Error (Unsupported) naming what is not LoRA as implemented here (DoRA, biases, a base that was changed for
///         it, …); (InvalidInput)
PeftConfig parsePeftConfig(std::string_view json, const std::string& source);

/// LoRA's factor on B·A of a module such as "model.layers.3.self_attn.q_proj".
double loraScale(const PeftConfig& config, const std::string& module, std::int64_t rank);

} // namespace icae

#include "icae/peft_config.h"

#include "protocol/error.h"
#include "protocol/json.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <regex>

namespace icae {

namespace {

constexpr std::int64_t mostLayers = 1023;

[[noreturn]] void refuse(const std::string& source, const std::string& what)
{
    throw Error(ErrorKind::Unsupported, source + " asks for " + what + ", which is not supported.",
                "Use an adapter with plain LoRA; merge others into their base first.");
}

/// PEFT's ways to begin with other base weights than the base's; what it converts to plain LoRA no longer says so.
bool changesTheBase(const std::string& initialisation)
{
    for (const auto* name : {"pissa", "olora", "loftq", "corda"})
        if (initialisation.starts_with(name))
            return true;
    return false;
}

std::string lowerCase(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

/// Layers by number, where PEFT was told to leave some out.
std::optional<std::set<std::int64_t>> layersOf(const JsonReader& json)
{
    if (json.has("layers_pattern")) {
        const bool several = json.at("layers_pattern").is_array();
        const auto patterns =
            several ? json.texts("layers_pattern") : std::vector<std::string>{json.text("layers_pattern")};
        for (const auto& pattern : patterns)
            if (pattern != "layers") // what these bases call them
                refuse(json.source(), "LoRA on layers that are called \"" + pattern + "\" (layers_pattern)");
    }
    if (!json.has("layers_to_transform"))
        return std::nullopt;
    if (!json.at("layers_to_transform").is_array())
        return std::set<std::int64_t>{json.integer("layers_to_transform", 0, mostLayers)};
    const auto layers = json.integers("layers_to_transform", 0, mostLayers);
    return layers.empty() ? std::nullopt : std::optional(std::set(layers.begin(), layers.end()));
}

} // namespace

PeftConfig parsePeftConfig(std::string_view text, const std::string& source)
{
    const auto json = JsonReader::parse(text, source);
    if (const auto type = json.text("peft_type", "LORA"); type != "LORA")
        refuse(source, "an adapter of type " + type);
    if (json.boolean("use_dora", false))
        refuse(source, "DoRA (use_dora)");
    if (const auto bias = json.text("bias", "none"); bias != "none")
        refuse(source, "trained biases (bias \"" + bias + "\")");
    if (json.boolean("lora_bias", false))
        refuse(source, "biases of LoRA (lora_bias)");
    if (json.boolean("fan_in_fan_out", false))
        refuse(source, "transposed weights (fan_in_fan_out)");
    if (json.has("layer_replication"))
        refuse(source, "layers that stand twice (layer_replication)");
    if (json.has("init_lora_weights") && json.at("init_lora_weights").is_string())
        if (const auto way = json.text("init_lora_weights"); changesTheBase(lowerCase(way)))
            refuse(source, "a base that was changed for it (init_lora_weights \"" + way + "\")");
    PeftConfig config;
    config.layers = layersOf(json);
    config.alpha = json.number("lora_alpha", 0, 1e6, config.alpha);
    config.rankStabilised = json.boolean("use_rslora", false);
    if (json.has("alpha_pattern")) {
        const auto pattern = json.object("alpha_pattern");
        for (const auto& [module, value] : pattern.json().items()) {
            try {
                const std::regex checked("(.*\\.)?(" + module + ")");
            } catch (const std::regex_error&) {
                pattern.fail(module, "named by a regular expression");
            }
            config.alphaPattern[module] = pattern.number(module, 0, 1e6);
        }
    }
    return config;
}

double loraScale(const PeftConfig& config, const std::string& module, std::int64_t rank)
{
    double alpha = config.alpha;
    for (const auto& [pattern, own] : config.alphaPattern)
        if (std::regex_match(module, std::regex("(.*\\.)?(" + pattern + ")"))) {
            alpha = own;
            break;
        }
    const auto r = static_cast<double>(rank);
    return alpha / (config.rankStabilised ? std::sqrt(r) : r);
}

} // namespace icae

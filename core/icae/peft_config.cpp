#include "icae/peft_config.h"

#include "protocol/error.h"
#include "protocol/json.h"

#include <cmath>
#include <regex>

namespace icae {

namespace {

[[noreturn]] void refuse(const std::string& source, const std::string& what)
{
    throw Error(ErrorKind::Unsupported, source + " asks for " + what + ", which is not supported.",
                "Use an adapter with plain LoRA; merge others into their base first.");
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
    PeftConfig config;
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

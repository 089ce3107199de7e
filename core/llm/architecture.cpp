#include "llm/architecture.h"

#include "protocol/error.h"

#include <algorithm>
#include <array>

namespace icae {

namespace {

using Biases = Architecture::Biases;

constexpr std::array architectures{
    Architecture{"LlamaForCausalLM", "llama", Biases::IfAsked, false, false, 0, 0, 2048, 0},
    Architecture{"MistralForCausalLM", "mistral", Biases::None, false, false, 8, 0, 131072, 4096},
    Architecture{"Qwen2ForCausalLM", "qwen2", Biases::Qkv, false, true, 32, 0, 32768, 4096},
    Architecture{"Qwen3ForCausalLM", "qwen3", Biases::IfAsked, true, true, 32, 128, 32768, 4096},
};

/// Fields that make a mixture of experts of any family.
constexpr std::array expertFields{"num_local_experts", "num_experts", "n_routed_experts", "moe_intermediate_size"};

bool hasLayersWithoutPositions(const JsonReader& config)
{
    if (config.has("no_rope_layers")) { // 1: the layer has positions
        const auto layers = config.integers("no_rope_layers", 0, 1 << 16);
        return std::find(layers.begin(), layers.end(), 0) != layers.end();
    }
    return config.integer("no_rope_layer_interval", 0, 1 << 16, 0) > 0;
}

/// What changes the computation in a way that no architecture of the table has.
std::string unsupportedFeature(const JsonReader& config)
{
    if (config.has("quantization_config")) {
        const auto method = config.object("quantization_config").text("quant_method", "");
        return "quantised weights" + (method.empty() ? method : " (" + method + ")");
    }
    for (const auto* field : expertFields)
        if (config.has(field))
            return std::string("a mixture of experts (") + field + ")";
    if (hasLayersWithoutPositions(config))
        return "layers without positions (NoPE)";
    if (config.text("hidden_act", "silu") != "silu")
        return "the activation \"" + config.text("hidden_act") + "\"";
    if (config.boolean("mlp_bias", false))
        return "mlp_bias (biases in the feed-forward layers)";
    if (config.has("partial_rotary_factor") && config.number("partial_rotary_factor", 0, 1) != 1.0)
        return "partial rotary embeddings";
    return {};
}

} // namespace

void unsupportedByModels(const std::string& source, const std::string& what)
{
    throw Error(ErrorKind::Unsupported, source + " asks for " + what + ", which is not supported.",
                "Use a Llama, Mistral, Qwen2 or Qwen3 model without it; others are not implemented.");
}

const Architecture& architectureOf(const JsonReader& config)
{
    if (const auto feature = unsupportedFeature(config); !feature.empty())
        unsupportedByModels(config.source(), feature);
    const auto names = config.texts("architectures");
    const auto type = config.text("model_type", "");
    const auto* const found = std::find_if(architectures.begin(), architectures.end(), [&](const auto& known) {
        return names.empty() ? type == known.modelType : names.front() == known.name;
    });
    if (found == architectures.end())
        unsupportedByModels(config.source(), "the architecture \"" + (names.empty() ? type : names.front()) + "\"");
    return *found;
}

} // namespace icae

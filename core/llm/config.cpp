#include "llm/config.h"

#include "protocol/error.h"
#include "protocol/json.h"

#include <array>

namespace icae {

namespace {

constexpr std::int64_t largest = std::int64_t{1} << 24U;

[[noreturn]] void unsupported(const std::string& source, const std::string& what)
{
    throw Error(ErrorKind::Unsupported, source + " asks for " + what + ", which is not supported.",
                "Use a Llama or Mistral model without it; others are not implemented.");
}

[[noreturn]] void inconsistent(const std::string& source, const std::string& what)
{
    throw Error(ErrorKind::InvalidInput, source + " is inconsistent: " + what + ".",
                "Get the file again from where the model came.");
}

void refuseUnsupported(const JsonReader& json, const std::string& source)
{
    if (json.has("quantization_config"))
        unsupported(source, "quantised weights");
    if (json.text("hidden_act", "silu") != "silu")
        unsupported(source, "the activation \"" + json.text("hidden_act") + "\"");
    for (const char* bias : {"attention_bias", "mlp_bias"})
        if (json.boolean(bias, false))
            unsupported(source, std::string(bias) + " (linears with a bias)");
    if (json.has("partial_rotary_factor") && json.number("partial_rotary_factor", 0, 1) != 1.0)
        unsupported(source, "partial rotary embeddings");
}

/// transformers 5 keeps RoPE's settings in rope_parameters; older versions at the top level and in rope_scaling.
double ropeTheta(const JsonReader& json, const std::string& source)
{
    for (const char* key : {"rope_parameters", "rope_scaling"}) {
        if (!json.has(key))
            continue;
        const auto rope = json.object(key);
        const auto type = rope.text("rope_type", rope.text("type", "default"));
        if (type != "default")
            unsupported(source, "RoPE scaling of type \"" + type + "\"");
        if (rope.has("rope_theta"))
            return rope.number("rope_theta", 1.0, 1e12);
    }
    return json.number("rope_theta", 1.0, 1e12, 10000.0);
}

/// Llama 3 lists several end ids; the first is the document's end.
std::int64_t tokenId(const JsonReader& json, const char* key, std::int64_t vocabulary, std::int64_t fallback)
{
    if (json.has(key) && json.json().at(key).is_array()) {
        const auto ids = json.integers(key, 0, vocabulary - 1);
        return ids.empty() ? fallback : ids.front();
    }
    return json.integer(key, 0, vocabulary - 1, fallback);
}

} // namespace

std::int64_t LlmConfig::parameters() const
{
    std::int64_t total = 0;
    for (const auto& weight : expectedWeights(*this)) {
        std::int64_t size = 1;
        for (const auto extent : weight.shape)
            size *= extent;
        total += size;
    }
    return total;
}

std::int64_t LlmConfig::parametersReadPerToken() const
{
    return tiedEmbeddings ? parameters() : parameters() - vocabSize * hiddenSize;
}

LlmConfig parseLlmConfig(std::string_view text, const std::string& source)
{
    const auto json = JsonReader::parse(text, source);
    LlmConfig config;

    const auto architectures = json.texts("architectures");
    const auto type = json.text("model_type", "");
    if (!architectures.empty())
        config.architecture = architectures.front();
    else if (type == "llama" || type == "mistral")
        config.architecture = type == "llama" ? "LlamaForCausalLM" : "MistralForCausalLM";
    if (config.architecture != "LlamaForCausalLM" && config.architecture != "MistralForCausalLM")
        unsupported(source, "the architecture \"" + (config.architecture.empty() ? type : config.architecture) + "\"");
    refuseUnsupported(json, source);

    config.vocabSize = json.integer("vocab_size", 1, largest);
    config.hiddenSize = json.integer("hidden_size", 1, largest);
    config.intermediateSize = json.integer("intermediate_size", 1, largest);
    config.layers = json.integer("num_hidden_layers", 1, 1024);
    config.heads = json.integer("num_attention_heads", 1, 4096);
    config.kvHeads = json.integer("num_key_value_heads", 1, 4096, config.heads);
    config.headDim = json.integer("head_dim", 2, 4096, std::max<std::int64_t>(2, config.hiddenSize / config.heads));
    config.maxPositions = json.integer("max_position_embeddings", 1, largest, 2048);
    if (json.has("sliding_window") && json.boolean("use_sliding_window", true))
        config.slidingWindow = json.integer("sliding_window", 1, largest);
    config.ropeTheta = ropeTheta(json, source);
    config.rmsEps = json.number("rms_norm_eps", 0, 1, 1e-6);
    config.tiedEmbeddings = json.boolean("tie_word_embeddings", false);
    config.bosId = tokenId(json, "bos_token_id", config.vocabSize, 1);
    config.eosId = tokenId(json, "eos_token_id", config.vocabSize, 2);

    if (config.heads % config.kvHeads != 0)
        inconsistent(source, "num_attention_heads is not a multiple of num_key_value_heads");
    if (config.headDim % 2 != 0)
        inconsistent(source, "head_dim is odd, and RoPE needs pairs");
    if (!json.has("head_dim") && config.hiddenSize % config.heads != 0)
        inconsistent(source, "hidden_size is not a multiple of num_attention_heads");
    return config;
}

std::vector<LinearSpec> linears(const LlmConfig& c)
{
    const std::int64_t q = c.heads * c.headDim;
    const std::int64_t kv = c.kvHeads * c.headDim;
    return {
        {Linear::Q, "q_proj", "self_attn.q_proj", q, c.hiddenSize},
        {Linear::K, "k_proj", "self_attn.k_proj", kv, c.hiddenSize},
        {Linear::V, "v_proj", "self_attn.v_proj", kv, c.hiddenSize},
        {Linear::O, "o_proj", "self_attn.o_proj", c.hiddenSize, q},
        {Linear::Gate, "gate_proj", "mlp.gate_proj", c.intermediateSize, c.hiddenSize},
        {Linear::Up, "up_proj", "mlp.up_proj", c.intermediateSize, c.hiddenSize},
        {Linear::Down, "down_proj", "mlp.down_proj", c.hiddenSize, c.intermediateSize},
    };
}

std::vector<WeightSpec> expectedWeights(const LlmConfig& config)
{
    std::vector<WeightSpec> weights;
    weights.push_back({"model.embed_tokens.weight", {config.vocabSize, config.hiddenSize}});
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        const std::string prefix = "model.layers." + std::to_string(layer) + ".";
        weights.push_back({prefix + "input_layernorm.weight", {config.hiddenSize}});
        for (const auto& linear : linears(config))
            weights.push_back({prefix + linear.module + ".weight", {linear.out, linear.in}});
        weights.push_back({prefix + "post_attention_layernorm.weight", {config.hiddenSize}});
    }
    weights.push_back({"model.norm.weight", {config.hiddenSize}});
    if (!config.tiedEmbeddings)
        weights.push_back({"lm_head.weight", {config.vocabSize, config.hiddenSize}});
    return weights;
}

} // namespace icae

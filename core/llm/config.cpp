#include "llm/config.h"

#include "llm/architecture.h"
#include "protocol/error.h"
#include "protocol/json.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::int64_t largest = std::int64_t{1} << 24U;

[[noreturn]] void inconsistent(const std::string& source, const std::string& what)
{
    throw Error(ErrorKind::InvalidInput, source + " is inconsistent: " + what + ".",
                "Get the file again from where the model came.");
}

/// transformers 5 keeps RoPE's settings in rope_parameters; older versions at the top level and in rope_scaling.
RopeConfig readRope(const JsonReader& json, std::int64_t maxPositions)
{
    RopeConfig rope;
    rope.theta = json.number("rope_theta", 1.0, 1e12, rope.theta);
    for (const char* key : {"rope_parameters", "rope_scaling"}) {
        if (!json.has(key))
            continue;
        const auto own = json.object(key);
        rope.theta = own.number("rope_theta", 1.0, 1e12, rope.theta);
        const auto type = own.text("rope_type", own.text("type", "default"));
        if (type == "default")
            continue;
        if (type != "linear" && type != "llama3")
            unsupportedByModels(json.source(), "RoPE scaling of type \"" + type + "\"");
        rope.factor = own.number("factor", 1.0, 1e6);
        rope.scaling = type == "linear" ? RopeConfig::Scaling::Linear : RopeConfig::Scaling::Llama3;
        if (rope.scaling == RopeConfig::Scaling::Llama3) {
            rope.lowFrequencyFactor = own.number("low_freq_factor", 1e-6, 1e6);
            rope.highFrequencyFactor = own.number("high_freq_factor", 1e-6, 1e6);
            rope.originalPositions =
                own.integer("original_max_position_embeddings", 1, largest,
                            json.integer("original_max_position_embeddings", 1, largest, maxPositions));
            if (rope.highFrequencyFactor <= rope.lowFrequencyFactor)
                inconsistent(json.source(), "high_freq_factor is not above low_freq_factor");
        }
        break;
    }
    return rope;
}

/// Whether any layer's attention is cut off at sliding_window.
bool slides(const JsonReader& json, const Architecture& architecture, std::int64_t layers)
{
    if (json.has("layer_types")) {
        const auto types = json.texts("layer_types");
        for (const auto& type : types)
            if (type != "full_attention" && type != "sliding_attention")
                unsupportedByModels(json.source(), "layers of type \"" + type + "\"");
        return std::find(types.begin(), types.end(), "sliding_attention") != types.end();
    }
    if (!architecture.windowIfAsked)
        return true;
    return json.boolean("use_sliding_window", false) && json.integer("max_window_layers", 0, largest, 28) < layers;
}

std::optional<std::int64_t> readWindow(const JsonReader& json, const Architecture& architecture, std::int64_t layers)
{
    // null means none, a missing field what the architecture says.
    const bool named = json.json().contains("sliding_window");
    const auto window = named ? json.integer("sliding_window", 1, largest, 0) : architecture.slidingWindow;
    if (!slides(json, architecture, layers) || window == 0) // the former refuses unknown kinds of layers
        return std::nullopt;
    return window;
}

std::int64_t bosIdOf(const JsonReader& json, std::int64_t vocabulary)
{
    return json.integer("bos_token_id", 0, vocabulary - 1, std::min<std::int64_t>(1, vocabulary - 1));
}

/// One id or a list of them; empty where nothing is said.
std::vector<std::int64_t> eosIdsOf(const JsonReader& json, std::int64_t vocabulary)
{
    if (!json.has("eos_token_id"))
        return {};
    if (json.at("eos_token_id").is_array())
        return json.integers("eos_token_id", 0, vocabulary - 1);
    return {json.integer("eos_token_id", 0, vocabulary - 1)};
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

    const auto& architecture = architectureOf(json);
    config.architecture = architecture.name;
    config.vocabSize = json.integer("vocab_size", 1, largest);
    config.hiddenSize = json.integer("hidden_size", 1, largest);
    config.intermediateSize = json.integer("intermediate_size", 1, largest);
    config.layers = json.integer("num_hidden_layers", 1, 1024);
    config.heads = json.integer("num_attention_heads", 1, 4096);
    const bool biased = architecture.biases == Architecture::Biases::IfAsked && json.boolean("attention_bias", false);
    config.qkvBias = biased || architecture.biases == Architecture::Biases::Qkv;
    config.outputBias = biased;
    config.normsHeads = architecture.normsHeads;
    config.kvHeads =
        json.integer("num_key_value_heads", 1, 4096, architecture.kvHeads > 0 ? architecture.kvHeads : config.heads);
    const bool givenHead = json.has("head_dim") || architecture.headDim > 0;
    config.headDim = givenHead ? json.integer("head_dim", 2, 4096, architecture.headDim)
                               : std::max<std::int64_t>(2, config.hiddenSize / config.heads);
    config.maxPositions = json.integer("max_position_embeddings", 1, largest, architecture.maxPositions);
    config.slidingWindow = readWindow(json, architecture, config.layers);
    config.rope = readRope(json, config.maxPositions);
    // Models that were stretched linearly name the positions of before or of after: never too few.
    if (config.rope.scaling == RopeConfig::Scaling::Linear)
        config.maxPositions = static_cast<std::int64_t>(static_cast<double>(config.maxPositions) * config.rope.factor);
    config.rmsEps = json.number("rms_norm_eps", 0, 1, 1e-6);
    config.tiedEmbeddings = json.boolean("tie_word_embeddings", false);
    config.tokens = config.vocabSize;
    config.bosId = bosIdOf(json, config.vocabSize);
    config.eosIds = eosIdsOf(json, config.vocabSize);
    if (config.eosIds.empty())
        config.eosIds = {std::min<std::int64_t>(2, config.vocabSize - 1)};

    if (config.heads % config.kvHeads != 0)
        inconsistent(source, "num_attention_heads is not a multiple of num_key_value_heads");
    if (config.headDim % 2 != 0)
        inconsistent(source, "head_dim is odd, and RoPE needs pairs");
    if (!givenHead && config.hiddenSize % config.heads != 0)
        inconsistent(source, "hidden_size is not a multiple of num_attention_heads");
    return config;
}

void applyGenerationConfig(LlmConfig& config, std::string_view text, const std::string& source)
{
    const auto ids = eosIdsOf(JsonReader::parse(text, source), config.vocabSize);
    if (!ids.empty())
        config.eosIds = ids;
}

std::vector<LinearSpec> linears(const LlmConfig& c)
{
    const std::int64_t q = c.heads * c.headDim;
    const std::int64_t kv = c.kvHeads * c.headDim;
    return {
        {Linear::Q, "q_proj", "self_attn.q_proj", q, c.hiddenSize, c.qkvBias},
        {Linear::K, "k_proj", "self_attn.k_proj", kv, c.hiddenSize, c.qkvBias},
        {Linear::V, "v_proj", "self_attn.v_proj", kv, c.hiddenSize, c.qkvBias},
        {Linear::O, "o_proj", "self_attn.o_proj", c.hiddenSize, q, c.outputBias},
        {Linear::Gate, "gate_proj", "mlp.gate_proj", c.intermediateSize, c.hiddenSize, false},
        {Linear::Up, "up_proj", "mlp.up_proj", c.intermediateSize, c.hiddenSize, false},
        {Linear::Down, "down_proj", "mlp.down_proj", c.hiddenSize, c.intermediateSize, false},
    };
}

std::vector<WeightSpec> expectedWeights(const LlmConfig& config)
{
    std::vector<WeightSpec> weights;
    weights.push_back({"model.embed_tokens.weight", {config.vocabSize, config.hiddenSize}});
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        const std::string prefix = "model.layers." + std::to_string(layer) + ".";
        weights.push_back({prefix + "input_layernorm.weight", {config.hiddenSize}});
        for (const auto& linear : linears(config)) {
            weights.push_back({prefix + linear.module + ".weight", {linear.out, linear.in}});
            if (linear.bias)
                weights.push_back({prefix + linear.module + ".bias", {linear.out}});
        }
        if (config.normsHeads)
            for (const char* norm : {"q_norm", "k_norm"})
                weights.push_back({prefix + "self_attn." + norm + ".weight", {config.headDim}});
        weights.push_back({prefix + "post_attention_layernorm.weight", {config.hiddenSize}});
    }
    weights.push_back({"model.norm.weight", {config.hiddenSize}});
    if (!config.tiedEmbeddings)
        weights.push_back({"lm_head.weight", {config.vocabSize, config.hiddenSize}});
    return weights;
}

} // namespace icae

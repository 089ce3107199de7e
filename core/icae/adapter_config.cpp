#include "icae/adapter_config.h"

#include "protocol/error.h"
#include "protocol/json.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

namespace icae {

namespace {

constexpr std::int64_t mostSlots = 1 << 16;
constexpr std::int64_t publishedTokensPerSlot = 4;
constexpr std::size_t mostObjectives = 64;
constexpr std::array knownTargets{"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"};
constexpr std::string_view embeddingName = "memory_token_embed.weight";
constexpr std::string_view scaleName = "slot_scale";

[[noreturn]] void refuse(const std::string& source, const std::string& field, const std::string& why)
{
    throw Error(ErrorKind::InvalidInput, "The field \"" + field + "\" of " + source + " " + why + ".",
                "Correct the field, or get the adapter again from where it came.");
}

void requireKnownTarget(const std::string& target, const std::string& source)
{
    if (std::find(knownTargets.begin(), knownTargets.end(), target) == knownTargets.end())
        throw Error(ErrorKind::Unsupported,
                    source + " has LoRA on \"" + target + "\", which is not a linear of a layer.",
                    "Use an adapter on q, k, v, o, gate, up or down projections.");
}

PositionLayout parseLayout(const std::string& name, const std::string& source)
{
    if (name == "sequential")
        return PositionLayout::Sequential;
    if (name == "spread")
        return PositionLayout::Spread;
    throw Error(ErrorKind::Unsupported, source + " asks for the position layout \"" + name + "\".",
                "Use sequential or spread.");
}

AeReads parseAeReads(const JsonReader& json, PositionLayout layout, const std::string& source)
{
    const auto name = json.text("ae_reads", layout == PositionLayout::Sequential ? "all" : "span");
    if (name != "all" && name != "span")
        refuse(source, "ae_reads", R"(must be "all" or "span")");
    return name == "all" ? AeReads::All : AeReads::Span;
}

PromptTemplate publishedPrompt()
{
    return {true, "[INST]", "", "[/INST]"};
}

} // namespace

std::string_view layoutName(PositionLayout layout)
{
    return layout == PositionLayout::Sequential ? "sequential" : "spread";
}

std::string_view aeReadsName(AeReads reads)
{
    return reads == AeReads::All ? "all" : "span";
}

std::int64_t AdapterConfig::specialRow(std::string_view token) const
{
    const auto it = std::find(specialTokens.begin(), specialTokens.end(), token);
    if (it == specialTokens.end())
        throw Error(ErrorKind::Unsupported, "This adapter was not trained with the token [" + std::string(token) + "].",
                    "Choose an adapter that was.");
    return slots + (it - specialTokens.begin());
}

std::vector<std::int64_t> AdapterConfig::slotChoices() const
{
    return elasticSlots.empty() ? std::vector{slots} : elasticSlots;
}

AdapterConfig parseAdapterConfig(std::string_view text, const std::string& source)
{
    const auto json = JsonReader::parse(text, source);
    AdapterConfig config;
    const auto lora = json.object("lora");
    config.rank = lora.integer("r", 1, 65536);
    config.alpha = lora.number("alpha", 0, 1e6, 32);
    config.targets = lora.texts("targets");
    if (config.targets.empty())
        refuse(source, "lora.targets", "names no linear");
    for (const auto& target : config.targets)
        requireKnownTarget(target, source);
    if (std::set(config.targets.begin(), config.targets.end()).size() != config.targets.size())
        refuse(source, "lora.targets", "names a linear twice");

    config.slots = json.integer("slots", 1, mostSlots);
    config.elasticSlots = json.integers("elastic_slots", 1, config.slots);
    std::sort(config.elasticSlots.begin(), config.elasticSlots.end());
    if (std::adjacent_find(config.elasticSlots.begin(), config.elasticSlots.end()) != config.elasticSlots.end())
        refuse(source, "elastic_slots", "names a count twice");
    config.spanTokens = json.integer("span_tokens", 1, std::int64_t{1} << 24U, config.slots * publishedTokensPerSlot);
    config.layout = parseLayout(json.text("position_layout", "sequential"), source);
    config.aeReads = parseAeReads(json, config.layout, source);
    config.slotScale = json.boolean("slot_scale", false);
    config.contextBos = json.boolean("context_bos", config.layout == PositionLayout::Sequential);
    if (json.has("special_tokens"))
        config.specialTokens = json.texts("special_tokens");
    if (config.specialTokens.empty() || config.specialTokens.size() > 64)
        refuse(source, "special_tokens", "must name 1 to 64 tokens");
    if (json.has("prompt")) {
        const auto prompt = json.object("prompt");
        config.prompt = {prompt.boolean("left_bos", false), prompt.text("left", ""), prompt.text("right_before", ""),
                         prompt.text("right_after", "")};
    } else if (config.layout == PositionLayout::Sequential) {
        config.prompt = publishedPrompt();
        config.inferred.emplace_back("Prompt template: the published one, [INST] … [/INST].");
    }
    config.trained = json.texts("trained");
    if (config.trained.size() > mostObjectives)
        refuse(source, "trained", "must name at most " + std::to_string(mostObjectives) + " objectives");
    if (json.has("base")) {
        const auto base = json.object("base");
        config.base.config = base.text("config_sha256", "");
        config.base.weights = base.text("weights_sha256", "");
    }
    return config;
}

std::string toJsonText(const AdapterConfig& config)
{
    nlohmann::ordered_json json;
    json["lora"] = {{"r", config.rank}, {"alpha", config.alpha}, {"targets", config.targets}};
    json["slots"] = config.slots;
    if (!config.elasticSlots.empty())
        json["elastic_slots"] = config.elasticSlots;
    json["span_tokens"] = config.spanTokens;
    json["position_layout"] = layoutName(config.layout);
    json["ae_reads"] = config.aeReads == AeReads::All ? "all" : "span";
    json["slot_scale"] = config.slotScale;
    json["context_bos"] = config.contextBos;
    json["special_tokens"] = config.specialTokens;
    json["prompt"] = {{"left_bos", config.prompt.leftBos},
                      {"left", config.prompt.left},
                      {"right_before", config.prompt.rightBefore},
                      {"right_after", config.prompt.rightAfter}};
    if (!config.trained.empty())
        json["trained"] = config.trained;
    if (!config.base.weights.empty())
        json["base"] = {{"config_sha256", config.base.config}, {"weights_sha256", config.base.weights}};
    return json.dump(1) + "\n";
}

namespace {

/// The rank that most modules have.
std::int64_t commonRank(const std::map<std::int64_t, int>& ranks)
{
    std::int64_t rank = 0;
    int most = 0;
    for (const auto& [own, count] : ranks)
        if (count > most)
            std::tie(rank, most) = std::pair(own, count);
    return rank;
}

std::string layersSentence(const std::set<std::int64_t>& layers)
{
    std::string text = "LoRA on layer" + std::string(layers.size() == 1 ? " " : "s ");
    for (auto layer = layers.begin(); layer != layers.end(); ++layer)
        text += (layer == layers.begin() ? "" : ", ") + std::to_string(*layer);
    return text + " alone (layers_to_transform): from adapter_config.json.";
}

std::string alphaSentence(const PeftConfig* peft)
{
    if (peft == nullptr)
        return "LoRA alpha 32: the published value; no file says it.";
    return "LoRA alpha " + nlohmann::json(peft->alpha).dump() + ", scaled by alpha / "
        + (peft->rankStabilised ? "√rank (rsLoRA)" : "rank")
        + (peft->alphaPattern.empty() ? "" : ", some modules with their own") + ": from adapter_config.json.";
}

} // namespace

AdapterConfig inferAdapterConfig(const std::vector<TensorShape>& tensors, const PeftConfig* peft,
                                 const std::string& source)
{
    AdapterConfig config;
    std::int64_t embeddings = 0;
    std::map<std::int64_t, int> ranks;
    for (const auto& tensor : tensors) {
        if (tensor.name == embeddingName && tensor.shape.size() == 2)
            embeddings = tensor.shape[0];
        config.slotScale = config.slotScale || tensor.name == scaleName;
        const auto lora = parseLoraName(tensor.name);
        if (!lora || tensor.shape.size() != 2)
            continue;
        ++ranks[tensor.shape[lora->isB ? 1 : 0]];
        if (std::find(config.targets.begin(), config.targets.end(), lora->target) == config.targets.end())
            config.targets.push_back(lora->target);
    }
    config.rank = commonRank(ranks);
    const auto specials = static_cast<std::int64_t>(config.specialTokens.size());
    if (config.rank < 1 || embeddings <= specials || embeddings > mostSlots)
        throw Error(
            ErrorKind::InvalidInput,
            source + " is not an ICAE adapter: it has no "
                + (config.rank < 1 ? "LoRA matrices (lora_A and lora_B)."
                                   : "memory tokens (memory_token_embed.weight)."),
            "Name a published ICAE checkpoint in safetensors format, a PEFT folder with its memory tokens, or a "
            "folder with icae.safetensors.");
    config.alpha = peft == nullptr ? config.alpha : peft->alpha;
    config.slots = embeddings - specials;
    config.spanTokens = config.slots * publishedTokensPerSlot;
    config.contextBos = true;
    config.prompt = publishedPrompt();
    config.inferred = {
        "LoRA rank " + std::to_string(config.rank) + (ranks.size() > 1 ? " (some modules have another)" : "")
            + ", targets and " + std::to_string(config.slots) + " slots: from the tensors' shapes.",
        alphaSentence(peft),
        "Spans of at most " + std::to_string(config.spanTokens) + " tokens: 4 tokens a slot, as published.",
        "Sequential positions, BOS before the text and the prompt [INST] … [/INST]: as published.",
    };
    if (peft != nullptr && peft->layers)
        config.inferred.push_back(layersSentence(*peft->layers));
    return config;
}

} // namespace icae

#include "icae/adapter_names.h"

#include <array>
#include <charconv>
#include <utility>

namespace icae {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> modules{{{"q_proj", "self_attn"},
                                                                                {"k_proj", "self_attn"},
                                                                                {"v_proj", "self_attn"},
                                                                                {"o_proj", "self_attn"},
                                                                                {"gate_proj", "mlp"},
                                                                                {"up_proj", "mlp"},
                                                                                {"down_proj", "mlp"}}};
constexpr std::string_view layersMark = "layers.";
constexpr std::string_view embedding = "memory_token_embed";
constexpr std::string_view scale = "slot_scale";

bool take(std::string_view& text, std::string_view beginning)
{
    if (!text.starts_with(beginning))
        return false;
    text.remove_prefix(beginning.size());
    return true;
}

/// What stands behind "layers.N.", and N.
std::optional<std::pair<std::int64_t, std::string_view>> behindLayer(std::string_view name)
{
    const auto start = name.find(layersMark);
    if (start == std::string_view::npos || (start > 0 && name[start - 1] != '.'))
        return std::nullopt;
    std::int64_t layer = -1;
    const char* digits = name.data() + start + layersMark.size();
    const auto number = std::from_chars(digits, name.data() + name.size(), layer);
    if (number.ec != std::errc() || layer < 0)
        return std::nullopt;
    auto rest = name.substr(static_cast<std::size_t>(number.ptr - name.data()));
    if (!take(rest, "."))
        return std::nullopt;
    return std::pair(layer, rest);
}

} // namespace

std::optional<AdapterTensor> parseLoraName(std::string_view name)
{
    const auto place = behindLayer(name);
    if (!place)
        return std::nullopt;
    AdapterTensor tensor;
    tensor.layer = place->first;
    auto rest = place->second;
    for (const auto& [target, module] : modules) {
        auto behind = rest;
        if (!take(behind, module) || !take(behind, ".") || !take(behind, target) || !take(behind, ".lora_"))
            continue;
        tensor.target = target;
        tensor.isB = behind.starts_with('B');
        if (!take(behind, "A") && !take(behind, "B"))
            return std::nullopt;
        if (!behind.ends_with(".weight"))
            return std::nullopt;
        behind.remove_suffix(std::string_view(".weight").size());
        if (take(behind, "."))
            tensor.adapter = behind;
        else if (!behind.empty())
            return std::nullopt;
        return tensor;
    }
    return std::nullopt;
}

std::string publishedLoraName(std::int64_t layer, std::string_view target, bool isB)
{
    std::string module;
    for (const auto& [name, part] : modules)
        if (name == target)
            module = part;
    return "icae.base_model.model.model.layers." + std::to_string(layer) + "." + module + "." + std::string(target)
        + (isB ? ".lora_B.default.weight" : ".lora_A.default.weight");
}

std::string publishedName(std::string_view name)
{
    if (const auto lora = parseLoraName(name))
        return publishedLoraName(lora->layer, lora->target, lora->isB);
    // PEFT: […].memory_token_embed.modules_to_save.NAME.weight
    if (const auto at = name.find(embedding); at != std::string_view::npos && (at == 0 || name[at - 1] == '.')) {
        const auto rest = name.substr(at + embedding.size());
        if (rest == ".weight" || rest.empty() || (rest.starts_with(".modules_to_save.") && rest.ends_with("weight")))
            return std::string(embedding) + ".weight";
    }
    if (name == scale || name.ends_with("." + std::string(scale)))
        return std::string(scale);
    return {};
}

std::string baseName(std::string_view name)
{
    for (bool more = true; more;) {
        more = false;
        for (const auto* wrapper : {"module.", "_orig_mod.", "icae.", "decoder.", "base_model.model."})
            more = take(name, wrapper) || more;
    }
    std::string plain(name);
    if (const auto layer = plain.find(".base_layer."); layer != std::string::npos) // PEFT's name of what LoRA wraps
        plain.erase(layer, std::string_view(".base_layer").size());
    return plain.starts_with("model.") || plain == "lm_head.weight" ? plain : std::string();
}

std::string unsupportedAdapterTensor(std::string_view name)
{
    if (name.find("lora_magnitude_vector") != std::string_view::npos)
        return "DoRA (lora_magnitude_vector)";
    if (name.find("lora_embedding_") != std::string_view::npos)
        return "LoRA on the embeddings (lora_embedding_A)";
    if (name.find(".lora_B") != std::string_view::npos && name.ends_with(".bias"))
        return "biases of LoRA (lora_bias)";
    for (const auto* kind : {"hada_w1", "lokr_w1", "vera_lambda", "ia3_l", "oft_r", "boft_R"})
        if (name.find(kind) != std::string_view::npos)
            return std::string("another kind of adapter than LoRA (") + kind + ")";
    return {};
}

} // namespace icae

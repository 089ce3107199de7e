#include "llm/weights.h"

#include "protocol/error.h"
#include "tensor/finite.h"
#include "tensor/upload.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace icae {

namespace {

constexpr std::size_t mostNamesListed = 6;

std::string shapeText(const std::vector<std::int64_t>& shape)
{
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    return text + "]";
}

std::string list(const std::string& title, const std::vector<std::string>& names)
{
    if (names.empty())
        return {};
    std::string text = title + " " + std::to_string(names.size()) + ": ";
    for (std::size_t i = 0; i < std::min(names.size(), mostNamesListed); ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    return text + (names.size() > mostNamesListed ? ", …; " : "; ");
}

/// Tensors that older or other programs leave in a file and that the model does not need.
bool isHarmless(const std::string& name, const LlmConfig& config)
{
    return name.ends_with(".rotary_emb.inv_freq") || (config.tiedEmbeddings && name == "lm_head.weight");
}

LlmWeights allocate(const LlmConfig& c, const at::Device& device, at::ScalarType dtype)
{
    const auto room = [options = at::TensorOptions().device(device).dtype(dtype)](at::IntArrayRef shape, bool wanted) {
        return wanted ? at::empty(shape, options) : at::Tensor();
    };
    const auto qkvRows = (c.heads + 2 * c.kvHeads) * c.headDim;
    LlmWeights weights;
    weights.embedding = room({c.vocabSize, c.hiddenSize}, true);
    weights.finalNorm = room({c.hiddenSize}, true);
    weights.head = c.tiedEmbeddings ? weights.embedding : room({c.vocabSize, c.hiddenSize}, true);
    for (std::int64_t i = 0; i < c.layers; ++i) {
        LayerWeights layer;
        layer.inputNorm = room({c.hiddenSize}, true);
        layer.qkv = room({qkvRows, c.hiddenSize}, true);
        layer.qkvBias = room({qkvRows}, c.qkvBias);
        layer.queryNorm = room({c.headDim}, c.normsHeads);
        layer.keyNorm = room({c.headDim}, c.normsHeads);
        layer.oBias = room({c.hiddenSize}, c.outputBias);
        layer.o = room({c.hiddenSize, c.heads * c.headDim}, true);
        layer.postNorm = room({c.hiddenSize}, true);
        layer.gateUp = room({2 * c.intermediateSize, c.hiddenSize}, true);
        layer.down = room({c.hiddenSize, c.intermediateSize}, true);
        weights.layers.push_back(layer);
    }
    weights.inverseFrequencies = inverseFrequencies(c.rope, c.headDim).to(device);
    return weights;
}

/// Where a linear's numbers lie in the fused bias of q, k and v, or o's.
at::Tensor biasRows(const LlmConfig& c, const LayerWeights& layer, Linear linear)
{
    if (linear == Linear::O)
        return layer.oBias;
    const std::int64_t q = c.heads * c.headDim;
    const std::int64_t kv = c.kvHeads * c.headDim;
    return linear == Linear::Q ? layer.qkvBias.narrow(0, 0, q)
                               : layer.qkvBias.narrow(0, linear == Linear::K ? q : q + kv, kv);
}

} // namespace

at::Tensor linearRows(const LlmConfig& c, const LayerWeights& layer, Linear linear)
{
    const std::int64_t q = c.heads * c.headDim;
    const std::int64_t kv = c.kvHeads * c.headDim;
    switch (linear) {
    case Linear::Q:
        return layer.qkv.narrow(0, 0, q);
    case Linear::K:
        return layer.qkv.narrow(0, q, kv);
    case Linear::V:
        return layer.qkv.narrow(0, q + kv, kv);
    case Linear::O:
        return layer.o;
    case Linear::Gate:
        return layer.gateUp.narrow(0, 0, c.intermediateSize);
    case Linear::Up:
        return layer.gateUp.narrow(0, c.intermediateSize, c.intermediateSize);
    case Linear::Down:
        return layer.down;
    }
    return {};
}

at::Tensor placeOf(const LlmConfig& config, const LlmWeights& weights, const std::string& name)
{
    if (name == "model.embed_tokens.weight")
        return weights.embedding;
    if (name == "model.norm.weight")
        return weights.finalNorm;
    if (name == "lm_head.weight")
        return weights.head;
    constexpr std::string_view prefix = "model.layers.";
    const auto dot = name.find('.', prefix.size());
    const auto& layer = weights.layers.at(std::stoul(name.substr(prefix.size(), dot - prefix.size())));
    const auto rest = name.substr(dot + 1);
    for (const auto& [own, place] : {std::pair{"input_layernorm.weight", layer.inputNorm},
                                     {"self_attn.q_norm.weight", layer.queryNorm},
                                     {"self_attn.k_norm.weight", layer.keyNorm},
                                     {"post_attention_layernorm.weight", layer.postNorm}})
        if (rest == own)
            return place;
    for (const auto& linear : linears(config)) {
        if (rest == std::string(linear.module) + ".weight")
            return linearRows(config, layer, linear.linear);
        if (linear.bias && rest == std::string(linear.module) + ".bias")
            return biasRows(config, layer, linear.linear);
    }
    throw Error(ErrorKind::Internal, "The tensor " + name + " has no place in the model.", "Report this.");
}

at::Tensor inverseFrequencies(const RopeConfig& rope, std::int64_t headDim)
{
    const auto exponents = at::arange(0, headDim, 2, at::kFloat) / static_cast<double>(headDim);
    const auto plain = at::pow(at::scalar_tensor(rope.theta, at::kFloat), exponents).reciprocal();
    switch (rope.scaling) {
    case RopeConfig::Scaling::None:
        return plain;
    case RopeConfig::Scaling::Linear:
        return plain / rope.factor;
    case RopeConfig::Scaling::Llama3:
        break;
    }
    // Turns that a wave makes over the original positions: at most the low factor: stretched, from the high one on:
    // kept.
    const auto turns = plain * (static_cast<double>(rope.originalPositions) / (2 * M_PI));
    const auto kept =
        ((turns - rope.lowFrequencyFactor) / (rope.highFrequencyFactor - rope.lowFrequencyFactor)).clamp(0, 1);
    return (1 - kept) * plain / rope.factor + kept * plain;
}

void checkWeights(const LlmConfig& config, const TensorStore& store)
{
    std::vector<std::string> missing;
    std::vector<std::string> misshaped;
    std::vector<std::string> extra;
    std::set<std::string> known;
    for (const auto& weight : expectedWeights(config)) {
        known.insert(weight.name);
        if (!store.contains(weight.name))
            missing.push_back(weight.name);
        else if (const auto& shape = store.tensor(weight.name).shape; shape != weight.shape)
            misshaped.push_back(weight.name + " is " + shapeText(shape) + " and not " + shapeText(weight.shape));
    }
    for (const auto& name : store.names())
        if (!known.contains(name) && !isHarmless(name, config))
            extra.push_back(name);
    if (missing.empty() && misshaped.empty() && extra.empty())
        return;
    auto text = list("missing", missing) + list("misshaped", misshaped) + list("unknown", extra);
    text.resize(text.size() - 2);
    throw Error(ErrorKind::Mismatch,
                "The weights in " + store.source() + " do not fit their config.json: " + text + ".",
                "Download the model again, or check that config.json and weights belong together.");
}

std::string headRemark(const LlmConfig& config, const TensorStore& store)
{
    constexpr auto headName = "lm_head.weight";
    if (!config.tiedEmbeddings || !store.contains(headName))
        return {};
    const auto& head = store.tensor(headName);
    const auto& embedding = store.tensor("model.embed_tokens.weight");
    if (head.dtype == embedding.dtype && head.shape == embedding.shape
        && std::equal(head.data.begin(), head.data.end(), embedding.data.begin(), embedding.data.end()))
        return {};
    return std::string("The head is the embedding, as tie_word_embeddings of config.json says; ") + headName
        + ", which holds other numbers, is not used. Set tie_word_embeddings to false to use it.";
}

LlmWeights loadWeights(const LlmConfig& config, const TensorStore& store, const at::Device& device,
                       at::ScalarType dtype, const ProgressCallback& progress, const std::stop_token& stop)
{
    checkWeights(config, store);
    auto weights = allocate(config, device, dtype);
    const auto table = expectedWeights(config);
    FiniteCheck finite;
    Upload upload(device);
    Progress state{"Loading weights", 0, static_cast<double>(table.size()), "tensors"};
    for (const auto& weight : table) {
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "Loading the model was stopped.", {});
        const auto& view = store.tensor(weight.name);
        if (view.dtype != DType::F32 && view.dtype != DType::F16 && view.dtype != DType::BF16)
            throw Error(ErrorKind::Unsupported,
                        "Tensor \"" + weight.name + "\" of " + store.source() + " is " + std::string(nameOf(view.dtype))
                            + ".",
                        "Use weights in F32, F16 or BF16.");
        const auto place = placeOf(config, weights, weight.name);
        upload.copy(view, place);
        finite.add(weight.name, place);
        state.done += 1;
        if (progress)
            progress(state);
    }
    store.requireUnchanged();
    finite.require(store.source());
    return weights;
}

LlmWeights randomWeights(const LlmConfig& config, const at::Device& device, at::ScalarType dtype)
{
    auto weights = allocate(config, device, dtype);
    for (const auto& weight : expectedWeights(config)) {
        auto place = placeOf(config, weights, weight.name);
        if (weight.shape.size() > 1)
            place.normal_(0.0, 0.02);
        else
            place.fill_(weight.name.ends_with(".bias") ? 0.0 : 1.0);
    }
    return weights;
}

} // namespace icae

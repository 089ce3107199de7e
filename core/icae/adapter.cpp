#include "icae/adapter.h"

#include "protocol/error.h"
#include "tensor/finite.h"
#include "tensor/tensor_data.h"

#include <algorithm>
#include <cstring>

namespace icae {

namespace {

constexpr auto embeddingName = "memory_token_embed.weight";
constexpr auto scaleName = "slot_scale";

std::string dimensions(const std::vector<std::int64_t>& shape)
{
    std::string result;
    for (const auto extent : shape)
        result += (result.empty() ? "" : "×") + std::to_string(extent);
    return result;
}

std::string moduleName(std::int64_t layer, const std::string& target)
{
    return target + " of layer " + std::to_string(layer);
}

/// Numbers that are the base's: the same as stored, or the same in the narrower of two formats.
bool sameNumbers(const TensorView& a, const TensorView& b)
{
    if (a.dtype == b.dtype)
        return a.data.size() == b.data.size() && std::memcmp(a.data.data(), b.data.data(), a.data.size()) == 0;
    const auto narrow = sizeOf(a.dtype) < sizeOf(b.dtype) ? a : b;
    const auto wide = sizeOf(a.dtype) < sizeOf(b.dtype) ? b : a;
    const auto numbers = toTensor(narrow);
    return at::equal(toTensor(wide).to(numbers.scalar_type()), numbers);
}

/// A copy of a fused tensor, made once, for LoRA to be added to; the base's own stays as it is.
at::Tensor& ownCopy(LayerWeights& layer, const LayerWeights& base, Linear linear)
{
    switch (linear) {
    case Linear::Q:
    case Linear::K:
    case Linear::V:
        if (layer.qkv.is_same(base.qkv))
            layer.qkv = base.qkv.clone();
        return layer.qkv;
    case Linear::O:
        if (layer.o.is_same(base.o))
            layer.o = base.o.clone();
        return layer.o;
    case Linear::Gate:
    case Linear::Up:
        if (layer.gateUp.is_same(base.gateUp))
            layer.gateUp = base.gateUp.clone();
        return layer.gateUp;
    case Linear::Down:
        break;
    }
    if (layer.down.is_same(base.down))
        layer.down = base.down.clone();
    return layer.down;
}

} // namespace

std::string whyAdapterDoesNotFit(const AdapterFile& file, const LlmConfig& config)
{
    const auto& embeddings = file.tensors.at(embeddingName).shape;
    const auto needs = [](const std::string& name, const std::vector<std::int64_t>& shape, std::int64_t wanted) {
        return name + " is " + dimensions(shape) + ", and this base needs " + std::to_string(wanted) + " in place of "
            + std::to_string(shape.back());
    };
    if (embeddings[1] != config.hiddenSize)
        return needs(embeddingName, embeddings, config.hiddenSize);
    if (file.config.slotScale)
        if (const auto& shape = file.tensors.at(scaleName).shape; shape != std::vector{config.hiddenSize})
            return needs(scaleName, shape, config.hiddenSize);
    for (const auto& [name, view] : file.tensors)
        if (const auto lora = parseLoraName(name); lora && lora->layer >= config.layers)
            return "it has " + std::to_string(lora->layer + 1) + " layers or more, and this base has "
                + std::to_string(config.layers);
    for (std::int64_t layer = 0; layer < config.layers; ++layer)
        for (const auto& linear : linears(config)) {
            const auto pair = file.pair(layer, linear.name);
            const bool leftOut = file.peft && file.peft->layers && !file.peft->layers->contains(layer);
            if (!pair && !leftOut
                && std::find(file.config.targets.begin(), file.config.targets.end(), linear.name)
                    != file.config.targets.end())
                return "LoRA for " + moduleName(layer, linear.name) + " is missing";
            if (pair && (pair->a->shape[1] != linear.in || pair->b->shape[0] != linear.out))
                return "LoRA for " + moduleName(layer, linear.name) + " maps " + std::to_string(pair->a->shape[1])
                    + " numbers to " + std::to_string(pair->b->shape[0]) + ", and this base needs "
                    + std::to_string(linear.in) + " to " + std::to_string(linear.out);
        }
    return {};
}

std::string whyFrozenWeightsDiffer(const AdapterFile& file, const TensorStore& base, std::size_t largest)
{
    for (const auto& [name, view] : file.frozen) {
        if (!base.contains(name) || view.data.size() > largest) // a tied head, say
            continue;
        auto own = view;
        const auto& expected = base.tensor(name);
        // Training code with tokens of its own appends them to the base's embeddings.
        if (own.shape.size() == 2 && expected.shape.size() == 2 && own.shape[1] == expected.shape[1]
            && own.shape[0] > expected.shape[0]) {
            own.data = own.data.first(own.data.size() / static_cast<std::size_t>(own.shape[0])
                                      * static_cast<std::size_t>(expected.shape[0]));
            own.shape = expected.shape;
        }
        if (own.shape != expected.shape || !sameNumbers(own, expected))
            return "its frozen " + name + " holds other numbers than this base's";
    }
    return {};
}

Adapter Adapter::load(const AdapterFile& file, const LlmConfig& config, const LlmWeights& base)
{
    if (const auto why = whyAdapterDoesNotFit(file, config); !why.empty())
        throw Error(ErrorKind::Mismatch,
                    "The adapter " + file.weights.string() + " does not fit this base: " + why + ".",
                    "Use the base that the adapter was trained on.");
    FiniteCheck finite;
    const auto load = [&](const TensorView& view) {
        auto tensor = toTensor(view).to(base.device(), at::kFloat);
        finite.add(view.name, tensor);
        return tensor;
    };
    Adapter adapter;
    adapter.config = file.config;
    adapter.encoder = base;
    adapter.embeddings = load(file.tensors.at(embeddingName)).to(base.dtype());
    if (file.config.slotScale)
        adapter.slotScale = load(file.tensors.at(scaleName)).to(base.dtype());
    for (std::int64_t i = 0; i < config.layers; ++i) {
        for (const auto& linear : linears(config)) {
            const auto pair = file.pair(i, linear.name);
            if (!pair)
                continue;
            const auto index = static_cast<std::size_t>(i);
            auto& layer = adapter.encoder.layers[index];
            ownCopy(layer, base.layers[index], linear.linear);
            auto rows = linearRows(config, layer, linear.linear);
            const double scale = file.loraScale(i, linear.name, pair->a->shape[0]);
            rows.copy_(rows.to(at::kFloat) + at::matmul(load(*pair->b), load(*pair->a)) * scale);
        }
    }
    for (const auto& store : file.stores)
        store->requireUnchanged();
    finite.require(file.weights.string());
    return adapter;
}

Adapter randomAdapter(const AdapterConfig& config, const LlmConfig& base, const LlmWeights& weights)
{
    Adapter adapter;
    adapter.config = config;
    adapter.encoder = weights;
    for (std::size_t i = 0; i < weights.layers.size(); ++i)
        for (const auto& linear : linears(base))
            if (std::find(config.targets.begin(), config.targets.end(), linear.name) != config.targets.end())
                ownCopy(adapter.encoder.layers[i], weights.layers[i], linear.linear);
    const auto rows = config.slots + static_cast<std::int64_t>(config.specialTokens.size());
    adapter.embeddings = at::empty({rows, base.hiddenSize}, weights.embedding.options()).normal_(0.0, 0.02);
    return adapter;
}

} // namespace icae

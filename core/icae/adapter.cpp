#include "icae/adapter.h"

#include "protocol/error.h"
#include "tensor/tensor_data.h"
#include "text/text_file.h"

#include <algorithm>
#include <map>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto weightsName = "icae.safetensors";
constexpr auto configName = "icae_config.json";
constexpr auto embeddingName = "memory_token_embed.weight";
constexpr auto scaleName = "slot_scale";

std::vector<TensorShape> shapesOf(const TensorStore& store)
{
    std::vector<TensorShape> shapes;
    for (const auto& name : store.names())
        shapes.push_back({name, store.tensor(name).shape});
    return shapes;
}

std::string shapeFault(const std::string& name, const std::vector<std::int64_t>& actual,
                       const std::vector<std::int64_t>& expected)
{
    if (actual == expected)
        return {};
    const auto text = [](const std::vector<std::int64_t>& shape) {
        std::string result;
        for (const auto extent : shape)
            result += (result.empty() ? "" : "×") + std::to_string(extent);
        return result;
    };
    return name + " is " + text(actual) + ", and this base needs " + text(expected);
}

/// Every LoRA pair of the file, by layer and target.
using LoraPairs = std::map<std::pair<std::int64_t, std::string>, std::pair<std::string, std::string>>;

LoraPairs loraPairs(const TensorStore& store)
{
    LoraPairs pairs;
    for (const auto& name : store.names()) {
        const auto lora = parseLoraName(name);
        if (!lora)
            continue;
        auto& pair = pairs[{lora->layer, lora->target}];
        (lora->isB ? pair.second : pair.first) = name;
    }
    return pairs;
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

AdapterFile AdapterFile::open(const fs::path& path)
{
    AdapterFile file;
    std::error_code ignored;
    file.weights = fs::is_directory(path, ignored) ? path / weightsName : path;
    if (!fs::exists(file.weights, ignored))
        throw Error(ErrorKind::NotFound, "There is no adapter at " + path.string() + ".",
                    "Name a folder with icae.safetensors, or a published ICAE checkpoint in safetensors format.");
    file.store = TensorStore::open(file.weights);
    const auto configFile = file.weights.parent_path() / configName;
    const bool described = file.weights.filename() == weightsName && fs::exists(configFile, ignored);
    const auto inferred = inferAdapterConfig(shapesOf(*file.store), file.weights.string());
    file.config = described ? parseAdapterConfig(readTextFile(configFile), configFile.string()) : inferred;
    return file;
}

std::int64_t AdapterFile::parameters() const
{
    std::int64_t total = 0;
    for (const auto& name : store->names()) {
        std::int64_t size = 1;
        for (const auto extent : store->tensor(name).shape)
            size *= extent;
        total += size;
    }
    return total;
}

std::string whyAdapterDoesNotFit(const AdapterFile& file, const LlmConfig& config)
{
    const auto& store = *file.store;
    const auto& c = file.config;
    const auto rows = c.slots + static_cast<std::int64_t>(c.specialTokens.size());
    if (!store.contains(embeddingName))
        return std::string(embeddingName) + " is missing";
    if (auto fault = shapeFault(embeddingName, store.tensor(embeddingName).shape, {rows, config.hiddenSize});
        !fault.empty())
        return fault;
    if (c.slotScale != store.contains(scaleName))
        return c.slotScale ? "slot_scale is missing" : "it has a slot_scale that its configuration does not mention";
    if (c.slotScale)
        if (auto fault = shapeFault(scaleName, store.tensor(scaleName).shape, {config.hiddenSize}); !fault.empty())
            return fault;

    const auto pairs = loraPairs(store);
    for (const auto& name : store.names())
        if (name != embeddingName && name != scaleName && !parseLoraName(name))
            return "the tensor " + name + " is unknown";
    for (const auto& [key, names] : pairs)
        if (key.first >= config.layers)
            return "it has " + std::to_string(key.first + 1) + " layers or more, and this base has "
                + std::to_string(config.layers);
        else if (std::find(c.targets.begin(), c.targets.end(), key.second) == c.targets.end())
            return "it has LoRA on " + key.second + ", which its configuration does not mention";
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        for (const auto& linear : linears(config)) {
            if (std::find(c.targets.begin(), c.targets.end(), linear.name) == c.targets.end())
                continue;
            const auto pair = pairs.find({layer, linear.name});
            if (pair == pairs.end() || pair->second.first.empty() || pair->second.second.empty())
                return "LoRA for " + std::string(linear.name) + " of layer " + std::to_string(layer) + " is missing";
            const auto& [a, b] = pair->second;
            if (auto fault = shapeFault(a, store.tensor(a).shape, {c.rank, linear.in}); !fault.empty())
                return fault;
            if (auto fault = shapeFault(b, store.tensor(b).shape, {linear.out, c.rank}); !fault.empty())
                return fault;
        }
    }
    return {};
}

Adapter Adapter::load(const AdapterFile& file, const LlmConfig& config, const LlmWeights& base)
{
    if (const auto why = whyAdapterDoesNotFit(file, config); !why.empty())
        throw Error(ErrorKind::Mismatch,
                    "The adapter " + file.weights.string() + " does not fit this base: " + why + ".",
                    "Use the base that the adapter was trained on.");
    const auto& store = *file.store;
    const auto load = [&](const std::string& name) {
        return toTensor(store.tensor(name)).to(base.device(), at::kFloat);
    };
    Adapter adapter;
    adapter.config = file.config;
    adapter.encoder = base;
    adapter.embeddings = load(embeddingName).to(base.dtype());
    if (file.config.slotScale)
        adapter.slotScale = load(scaleName).to(base.dtype());
    const double scale = file.config.alpha / static_cast<double>(file.config.rank);
    for (const auto& [key, names] : loraPairs(store)) {
        const auto index = static_cast<std::size_t>(key.first);
        for (const auto& linear : linears(config)) {
            if (key.second != linear.name)
                continue;
            auto& layer = adapter.encoder.layers[index];
            ownCopy(layer, base.layers[index], linear.linear);
            auto rows = linearRows(config, layer, linear.linear);
            const auto delta = at::matmul(load(names.second), load(names.first)) * scale;
            rows.copy_(rows.to(at::kFloat) + delta);
        }
    }
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

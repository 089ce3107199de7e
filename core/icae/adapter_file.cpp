#include "icae/adapter.h"
#include "input/reachable.h"
#include "protocol/error.h"
#include "protocol/placeholder.h"
#include "tensor/weight_files.h"
#include "text/text_file.h"

#include <algorithm>
#include <set>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto weightsName = "icae.safetensors";
constexpr auto peftWeightsName = "adapter_model.safetensors";
constexpr auto configName = "icae_config.json";
constexpr auto peftConfigName = "adapter_config.json";
constexpr auto embeddingName = "memory_token_embed.weight";
constexpr auto scaleName = "slot_scale";

bool isThere(const fs::path& path)
{
    std::error_code ignored;
    return fs::exists(path, ignored) || fs::is_symlink(path, ignored);
}

[[noreturn]] void unusable(const fs::path& path, const std::string& why)
{
    throw Error(ErrorKind::InvalidInput, "The adapter " + path.string() + " cannot be used: " + why + ".",
                "Get the adapter again from where it came.");
}

bool holdsMemoryTokens(const TensorStore& store)
{
    const auto names = store.names();
    return std::any_of(names.begin(), names.end(),
                       [](const auto& name) { return publishedName(name) == embeddingName; });
}

bool holdsLora(const TensorStore& store)
{
    const auto names = store.names();
    return std::any_of(names.begin(), names.end(), [](const auto& name) { return parseLoraName(name).has_value(); });
}

/// PEFT saves LoRA alone: memory tokens lie in another file beside it.
std::shared_ptr<const TensorStore> memoryTokensBeside(const fs::path& file)
{
    std::error_code ignored;
    std::vector<fs::path> candidates;
    for (const auto& entry : fs::directory_iterator(file.parent_path(), ignored))
        if (entry.path().extension() == ".safetensors" && entry.path().filename() != file.filename())
            candidates.push_back(entry.path());
    std::sort(candidates.begin(), candidates.end());
    for (const auto& candidate : candidates) {
        try {
            auto store = TensorStore::open(candidate);
            if (holdsMemoryTokens(*store) && !holdsLora(*store)) // not those of another adapter
                return store;
        } catch (const Error&) { // NOLINT(bugprone-empty-catch): what cannot be read does not hold them
        }
    }
    return nullptr;
}

/// Sorts a file's tensors into the adapter's and the base's.
void sortTensors(AdapterFile& file, const TensorStore& store, std::set<std::string>& adapters)
{
    for (const auto& name : store.names()) {
        if (const auto what = unsupportedAdapterTensor(name); !what.empty())
            throw Error(ErrorKind::Unsupported,
                        "The adapter " + file.weights.string() + " has " + what + " (" + name
                            + "), which is not supported.",
                        "Use an adapter with plain LoRA; merge others into their base first.");
        const auto published = publishedName(name);
        if (published.empty()) {
            const auto plain = baseName(name);
            if (plain.empty())
                unusable(file.weights, "its tensor " + name + " is no part of an ICAE adapter");
            file.frozen.emplace(plain, store.tensor(name));
            continue;
        }
        if (const auto lora = parseLoraName(name); lora)
            adapters.insert(lora->adapter);
        if (!file.tensors.emplace(published, store.tensor(name)).second && adapters.size() < 2)
            unusable(file.weights, "it holds " + published + " twice");
    }
    if (adapters.size() > 1)
        unusable(file.weights,
                 "it holds LoRA matrices of several adapters (" + *adapters.begin() + ", " + *adapters.rbegin() + ")");
}

/// What the file says has to agree with itself, whatever its base.
void checkTensors(const AdapterFile& file)
{
    const auto& config = file.config;
    const auto& embeddings = file.tensors.at(embeddingName).shape;
    const auto rows = config.slots + static_cast<std::int64_t>(config.specialTokens.size());
    if (embeddings.size() != 2 || embeddings[0] != rows)
        unusable(file.weights,
                 std::string(embeddingName) + " has " + std::to_string(embeddings.empty() ? 0 : embeddings[0])
                     + " rows, and its configuration asks for " + std::to_string(rows)
                     + " (memory tokens and special tokens)");
    if (config.slotScale != file.tensors.contains(scaleName))
        unusable(file.weights,
                 config.slotScale ? "slot_scale is missing"
                                  : "it has a slot_scale that its configuration does not mention");
    for (const auto& [name, view] : file.tensors) {
        const auto lora = parseLoraName(name);
        if (!lora)
            continue;
        const auto where = " for " + lora->target + " of layer " + std::to_string(lora->layer);
        if (std::find(config.targets.begin(), config.targets.end(), lora->target) == config.targets.end())
            unusable(file.weights, "it has LoRA on " + lora->target + ", which its configuration does not mention");
        if (file.peft && file.peft->layers && !file.peft->layers->contains(lora->layer))
            unusable(file.weights,
                     "it has LoRA" + where
                         + ", and layers_to_transform of its adapter_config.json leaves that layer out");
        const auto other = file.tensors.find(publishedLoraName(lora->layer, lora->target, !lora->isB));
        if (other == file.tensors.end())
            unusable(file.weights, std::string(lora->isB ? "lora_A" : "lora_B") + where + " is missing");
        if (view.shape.size() != 2 || other->second.shape.size() != 2)
            unusable(file.weights, name + " is no matrix");
        if (!lora->isB && view.shape[0] != other->second.shape[1])
            unusable(file.weights,
                     "lora_A" + where + " has rank " + std::to_string(view.shape[0]) + ", and its lora_B "
                         + std::to_string(other->second.shape[1]));
    }
}

std::vector<TensorShape> shapesOf(const AdapterFile& file)
{
    std::vector<TensorShape> shapes;
    for (const auto& [name, view] : file.tensors)
        shapes.push_back({name, view.shape});
    return shapes;
}

} // namespace

fs::path adapterIn(const fs::path& folder)
{
    for (const auto* name : {weightsName, peftWeightsName})
        if (isThere(folder / name))
            return folder / name;
    // A checkpoint of the published training code is the whole module, without a config.json of a language model.
    std::error_code ignored;
    if (!isThere(folder / "config.json") && holdsWeights(folder)) {
        try {
            if (holdsMemoryTokens(*TensorStore::open(folder)))
                return folder;
        } catch (const Error&) { // NOLINT(bugprone-empty-catch): no adapter, whatever it is
        }
    }
    return {};
}

AdapterFile AdapterFile::open(const fs::path& path)
{
    requireReachable(path);
    AdapterFile file;
    std::error_code ignored;
    const bool isFolder = fs::is_directory(path, ignored);
    file.weights = isFolder ? adapterIn(path) : path;
    if (file.weights.empty() || !isThere(file.weights))
        throw Error(ErrorKind::NotFound, "There is no adapter at " + path.string() + ".",
                    "Name a folder with icae.safetensors or PEFT's adapter_model.safetensors, or a published ICAE "
                    "checkpoint in safetensors format.");
    refuseDanglingLink(file.weights);
    file.stores.push_back(TensorStore::open(file.weights));
    const auto folder = fs::is_directory(file.weights, ignored) ? file.weights : file.weights.parent_path();
    if (holdsLora(*file.stores.front()) && !holdsMemoryTokens(*file.stores.front()))
        if (auto beside = memoryTokensBeside(file.weights))
            file.stores.push_back(std::move(beside));
    for (const auto* config : {peftConfigName, configName})
        refuseDanglingLink(folder / config);
    if (isThere(folder / peftConfigName))
        file.peft = parsePeftConfig(readTextFile(folder / peftConfigName), (folder / peftConfigName).string());
    std::set<std::string> adapters;
    for (const auto& store : file.stores)
        sortTensors(file, *store, adapters);

    const auto configFile = folder / configName;
    const auto name = file.weights.filename();
    const bool described = isThere(configFile) && (isFolder || name == weightsName || name == peftWeightsName);
    file.config = inferAdapterConfig(shapesOf(file), file.peft ? &*file.peft : nullptr, file.weights.string());
    if (described) {
        const auto rank = file.config.rank; // of the tensors, whatever the file says
        file.config = parseAdapterConfig(readTextFile(configFile), configFile.string());
        file.config.rank = rank;
        if (file.peft)
            file.config.alpha = file.peft->alpha;
    }
    checkTensors(file);
    return file;
}

std::int64_t AdapterFile::parameters() const
{
    std::int64_t total = 0;
    for (const auto& [name, view] : tensors) {
        std::int64_t size = 1;
        for (const auto extent : view.shape)
            size *= extent;
        total += size;
    }
    return total;
}

std::vector<fs::path> AdapterFile::files() const
{
    std::vector<fs::path> all;
    for (const auto& store : stores)
        all.insert(all.end(), store->files().begin(), store->files().end());
    return all;
}

std::optional<AdapterFile::Pair> AdapterFile::pair(std::int64_t layer, const std::string& target) const
{
    const auto a = tensors.find(publishedLoraName(layer, target, false));
    const auto b = tensors.find(publishedLoraName(layer, target, true));
    if (a == tensors.end() || b == tensors.end())
        return std::nullopt;
    return Pair{&a->second, &b->second};
}

double AdapterFile::loraScale(std::int64_t layer, const std::string& target, std::int64_t rank) const
{
    auto scaling = peft.value_or(PeftConfig{});
    scaling.alpha = config.alpha;
    auto module = publishedLoraName(layer, target, false);
    module.resize(module.find(".lora_"));
    return icae::loraScale(scaling, module, rank);
}

} // namespace icae

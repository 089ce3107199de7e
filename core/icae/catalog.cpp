#include "icae/catalog.h"

#include "icae/hub_folder.h"
#include "input/reachable.h"
#include "llm/vocabulary.h"
#include "protocol/error.h"
#include "protocol/hub_name.h"
#include "protocol/json.h"
#include "tensor/compat.h"
#include "tensor/sha256.h"
#include "text/text_file.h"
#include "text/tokenizer_folder.h"

#include <algorithm>
#include <set>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr int levelsBelow = 2;
/// Bytes of a tensor: norms and biases tell bases apart; loading compares all.
constexpr std::size_t quicklyCompared = std::size_t{1} << 20U;
constexpr auto memoryTokens = "memory_token_embed.weight";

MemoryNeed memoryNeed(const LlmConfig& config, const AdapterConfig* adapter)
{
    return {memoryNeeded(config, adapter, at::kFloat), memoryNeeded(config, adapter, at::kBFloat16)};
}

std::int64_t sizeOfFiles(const std::vector<fs::path>& files)
{
    std::int64_t total = 0;
    std::error_code ignored;
    for (const auto& file : files)
        total += static_cast<std::int64_t>(fs::file_size(file, ignored));
    return total;
}

HashOptions hashingOf(bool hash, const std::stop_token& stop)
{
    return {hash ? HashOptions::Effort::Remembered : HashOptions::Effort::Little, {}, stop};
}

AdapterFit fitOf(const AdapterFile& file, const BaseInfo& base, const HashOptions& hashing)
{
    AdapterFit fit;
    fit.base = base.folder;
    const auto config = readLlmConfig(base.folder);
    fit.doesNotFit = whyAdapterDoesNotFit(file, config);
    if (fit.doesNotFit.empty())
        fit.doesNotFit = trainedOnAnother(
            BaseIdentity(base.folder, {base.configSha256, base.weightsSha256}, hashing).whyNot(file.config.base));
    if (fit.doesNotFit.empty() && !file.frozen.empty())
        fit.doesNotFit = whyFrozenWeightsDiffer(file, *TensorStore::open(base.folder), quicklyCompared);
    if (fit.doesNotFit.empty())
        fit.memoryBytes = memoryNeed(config, &file.config);
    return fit;
}

/// A language model's config.json; run directories have files of that name, too.
bool holdsBase(const fs::path& folder)
{
    std::error_code ignored;
    if (!fs::is_regular_file(folder / "config.json", ignored))
        return false;
    try {
        const auto json = JsonReader::parse(readTextFile(folder / "config.json"), "config.json");
        return json.has("architectures") || json.has("model_type");
    } catch (const Error&) {
        return true; // listed, with what is wrong
    }
}

/// A checkpoint as published: one file with the memory tokens in it.
bool isPublishedAdapter(const fs::path& file)
{
    const auto ofFolder = adapterIn(file.parent_path());
    if (file.extension() != ".safetensors" || file == ofFolder || file.parent_path() == ofFolder)
        return false;
    try {
        const auto names = TensorStore::open(file)->names();
        const auto has = [&](auto&& wanted) { return std::any_of(names.begin(), names.end(), wanted); };
        return has([](const auto& name) { return publishedName(name) == memoryTokens; })
            && has([](const auto& name) { return parseLoraName(name).has_value(); });
    } catch (const Error&) {
        return false;
    }
}

/// What one search has found, each once.
struct Found {
    std::set<fs::path> seen;
    std::vector<fs::path> bases;
    std::vector<fs::path> adapters;
    std::vector<FolderProblem> problems;

    void search(const fs::path& named, int levels)
    {
        std::error_code ignored;
        auto folder = named;
        try {
            folder = hubSnapshot(named); // links lead from there to the files themselves
        } catch (const Error& error) {
            problems.push_back({named.string(), error.message(), error.remedy()});
            return;
        }
        const auto real = fs::weakly_canonical(folder, ignored);
        if (!seen.insert(real).second)
            return;
        const bool base = holdsBase(folder);
        if (base)
            bases.push_back(folder);
        if (!adapterIn(folder).empty())
            adapters.push_back(folder);
        std::vector<fs::path> entries;
        for (const auto& entry : fs::directory_iterator(folder, ignored))
            entries.push_back(entry.path());
        std::sort(entries.begin(), entries.end());
        for (const auto& entry : entries) {
            if (levels > 0 && fs::is_directory(entry, ignored))
                search(entry, levels - 1);
            else if (!base && isPublishedAdapter(entry))
                adapters.push_back(entry);
        }
    }
};

} // namespace

namespace {

std::string scalingOf(const RopeConfig& rope)
{
    if (rope.scaling == RopeConfig::Scaling::None)
        return {};
    const auto factor = ", factor " + nlohmann::json(rope.factor).dump();
    return (rope.scaling == RopeConfig::Scaling::Linear ? "linear" : "llama3") + factor;
}

std::string additionsOf(const LlmConfig& config)
{
    std::string text;
    if (config.qkvBias)
        text = config.outputBias ? "biases on q, k, v and o" : "biases on q, k and v";
    if (config.normsHeads)
        text += std::string(text.empty() ? "" : ", ") + "RMSNorm of each head of q and k";
    return text;
}

} // namespace

BaseInfo describeBase(const fs::path& folder, bool hash, const std::stop_token& stop)
{
    const auto hashing = hashingOf(hash, stop);
    BaseInfo info;
    info.folder = folder.string();
    info.name = hubName(folder);
    try {
        auto config = readLlmConfig(folder);
        info.architecture = config.architecture;
        info.parameters = config.parameters();
        info.layers = config.layers;
        info.hiddenSize = config.hiddenSize;
        info.intermediateSize = config.intermediateSize;
        info.heads = config.heads;
        info.kvHeads = config.kvHeads;
        info.headDim = config.headDim;
        info.vocabulary = config.vocabSize;
        info.positions = config.maxPositions;
        info.ropeTheta = config.rope.theta;
        info.ropeScaling = scalingOf(config.rope);
        info.additions = additionsOf(config);
        info.slidingWindow = config.slidingWindow.value_or(0);
        info.tiedEmbeddings = config.tiedEmbeddings;
        info.memoryBytes = memoryNeed(config, nullptr);
        const auto store = TensorStore::open(folder);
        info.diskBytes = sizeOfFiles(store->files());
        checkWeights(config, *store);
        const auto words = loadFolderTokenizer(folder);
        info.tokenizer = words.tokenizer != nullptr;
        info.tokenizerFile = words.file.filename().string();
        if (words.tokenizer)
            info.remarks = adoptTokenizer(config, *words.tokenizer);
        if (config.hasBos)
            info.beginsWith = describeToken(words.tokenizer.get(), config.bosId);
        for (const auto id : config.eosIds)
            info.endsWith.push_back(describeToken(words.tokenizer.get(), id));
        if (auto remark = headRemark(config, *store); !remark.empty())
            info.remarks.push_back(std::move(remark));
        if (!words.remark.empty())
            info.remarks.push_back(words.remark);
        info.configSha256 = fieldsHash(config);
        info.weightsSha256 = hashBase(config, *store, hashing).weights;
    } catch (const Error& error) {
        info.problem = error.message();
        info.remedy = error.remedy();
    }
    return info;
}

AdapterInfo describeAdapter(const fs::path& path, const std::vector<BaseInfo>& bases, bool hash,
                            const std::stop_token& stop)
{
    AdapterInfo info;
    info.path = path.string();
    try {
        const auto file = AdapterFile::open(path);
        const auto& c = file.config;
        info.file = file.weights.string();
        info.parameters = file.parameters();
        info.diskBytes = sizeOfFiles(file.files());
        info.slots = c.slots;
        info.elasticSlots = c.elasticSlots;
        info.spanTokens = c.spanTokens;
        info.positionLayout = layoutName(c.layout);
        info.aeReads = aeReadsName(c.aeReads);
        info.slotScale = c.slotScale;
        info.contextBos = c.contextBos;
        info.lora = {c.rank, c.alpha, c.targets};
        info.specialTokens = c.specialTokens;
        info.trained = c.trained;
        info.sha256 =
            hash ? sha256OfFiles(file.files(), stop) : quickSha256OfFiles(file.files()).value_or(std::string());
        info.inferred = c.inferred;
        info.published = !c.inferred.empty();
        info.baseNamed = !c.base.weights.empty() || !file.frozen.empty();
        for (const auto& base : bases)
            if (!base.architecture.empty() && base.diskBytes > 0)
                info.fits.push_back(fitOf(file, base, hashingOf(hash, stop)));
    } catch (const Error& error) {
        info.problem = error.message();
        info.remedy = error.remedy();
    }
    return info;
}

ModelList listModels(const ListModelsParams& params, const std::stop_token& stop)
{
    ModelList list;
    Found found;
    for (const auto& folder : params.folders) {
        try {
            requireReachable(folder);
        } catch (const Error& error) {
            list.problems.push_back({folder, error.message(), error.remedy()});
            continue;
        }
        std::error_code ignored;
        if (fs::is_directory(folder, ignored))
            found.search(fs::absolute(folder).lexically_normal(), levelsBelow);
        else
            list.problems.push_back({folder, "There is no folder " + folder + ".", "Check the path, or remove it."});
    }
    list.problems.insert(list.problems.end(), found.problems.begin(), found.problems.end());
    for (const auto& base : found.bases)
        list.bases.push_back(describeBase(base, params.hashes, stop));
    for (auto& base : list.bases) {
        if (base.tokenizer || !base.problem.empty())
            continue;
        base.problem = base.folder + " holds neither tokenizer.model nor tokenizer.json.";
        base.remedy = "Download tokenizer.json from where the model came.";
    }
    for (const auto& adapter : found.adapters)
        list.adapters.push_back(describeAdapter(adapter, list.bases, params.hashes, stop));
    if (stop.stop_requested())
        throw Error(ErrorKind::Cancelled, "Looking for models was stopped.", {});
    return list;
}

std::vector<DeviceInfo> listDevices()
{
    std::vector<DeviceInfo> devices;
    const auto add = [&](const at::Device& device) {
        const auto memory = deviceMemory(device);
        devices.push_back({device.str(), describeDevice(device), memory.total, memory.free});
    };
    add(at::kCPU);
    for (int i = 0; i < compat::cudaDeviceCount(); ++i)
        add(at::Device(at::kCUDA, static_cast<at::DeviceIndex>(i)));
    return devices;
}

} // namespace icae

#include "icae/base_identity.h"

#include "icae/model.h"
#include "protocol/error.h"
#include "tensor/hash_cache.h"
#include "tensor/sha256.h"
#include "tensor/tensor_hash.h"
#include "tensor/weight_files.h"

#include <algorithm>
#include <mutex>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view ofFields = ":fields";
constexpr std::string_view ofTensors = ":tensors";
constexpr auto cacheKind = "tensors";

std::vector<std::string> namesOf(const LlmConfig& config)
{
    std::vector<std::string> names;
    for (auto& weight : expectedWeights(config))
        names.push_back(std::move(weight.name));
    std::sort(names.begin(), names.end());
    return names;
}

std::string weightsHash(const LlmConfig& config, const TensorStore& store, const HashOptions& options)
{
    const auto entry = HashCacheEntry::of(store.files(), cacheKind);
    if (entry && options.effort != HashOptions::Effort::Anew)
        if (auto known = entry->read(); known || options.effort == HashOptions::Effort::Little)
            return known.value_or(std::string());
    auto hash = hashOfTensors(store, namesOf(config), options.progress, options.stop) + std::string(ofTensors);
    if (entry)
        entry->write(hash);
    return hash;
}

std::string hashOfFiles(const std::vector<fs::path>& files, const HashOptions& options)
{
    switch (options.effort) {
    case HashOptions::Effort::Little:
        return quickSha256OfFiles(files).value_or(std::string());
    case HashOptions::Effort::Anew:
        return freshSha256OfFiles(files, options.stop);
    case HashOptions::Effort::Remembered:
        break;
    }
    return sha256OfFiles(files, options.stop);
}

constexpr std::size_t shownDigits = 12;

/// @param kind how the hashes of today end
std::string compare(const std::string& named, const std::string& own, const std::string& what, std::string_view kind)
{
    if (named.empty() || own.empty() || named == own)
        return {};
    return "its " + what + " has the hash " + named.substr(0, shownDigits) + "…, this base's is "
        + own.substr(0, shownDigits) + "…"
        + (named.ends_with(kind) ? ""
                                 : " (of files, as an older version noted them: saving a base again changes them)");
}

} // namespace

std::string fieldsHash(const LlmConfig& c)
{
    // Part of what the hash is: keys are never changed, and new ones are left out where they change nothing.
    nlohmann::json json{
        {"vocabulary", c.vocabSize},  {"hidden", c.hiddenSize},     {"intermediate", c.intermediateSize},
        {"layers", c.layers},         {"heads", c.heads},           {"kv_heads", c.kvHeads},
        {"head_dim", c.headDim},      {"qkv_bias", c.qkvBias},      {"o_bias", c.outputBias},
        {"head_norms", c.normsHeads}, {"rope_theta", c.rope.theta}, {"rms_eps", c.rmsEps},
        {"tied", c.tiedEmbeddings}};
    if (c.slidingWindow)
        json["window"] = *c.slidingWindow;
    if (c.rope.scaling != RopeConfig::Scaling::None)
        json["rope_factor"] = c.rope.factor;
    if (c.rope.scaling == RopeConfig::Scaling::Llama3)
        json["rope_llama3"] = {c.rope.lowFrequencyFactor, c.rope.highFrequencyFactor, c.rope.originalPositions};
    return sha256(json.dump()) + std::string(ofFields);
}

BaseHashes hashBase(const LlmConfig& config, const TensorStore& store, const HashOptions& options)
{
    return {fieldsHash(config), weightsHash(config, store, options)};
}

BaseHashes hashBase(const fs::path& base, const HashOptions& options)
{
    const auto config = readLlmConfig(base);
    const auto store = TensorStore::open(base);
    checkWeights(config, *store);
    return hashBase(config, *store, options);
}

struct BaseIdentity::FileHashes {
    std::mutex mutex;
    std::string config;
    std::string weights;
};

BaseIdentity::BaseIdentity(fs::path folder, BaseHashes hashes, HashOptions options)
    : m_folder(std::move(folder))
    , m_hashes(std::move(hashes))
    , m_options(std::move(options))
    , m_files(m_folder.empty() ? nullptr : std::make_shared<FileHashes>())
{
}

std::string BaseIdentity::config(const std::string& named) const
{
    if (named.empty() || named.ends_with(ofFields) || !m_files)
        return m_hashes.config;
    const std::scoped_lock lock(m_files->mutex);
    if (m_files->config.empty())
        m_files->config = freshSha256OfFile(m_folder / "config.json");
    return m_files->config;
}

std::string BaseIdentity::weights(const std::string& named) const
{
    if (named.empty() || named.ends_with(ofTensors) || !m_files)
        return m_hashes.weights;
    const std::scoped_lock lock(m_files->mutex);
    if (m_files->weights.empty())
        m_files->weights = hashOfFiles(weightFiles(m_folder), m_options);
    return m_files->weights;
}

bool BaseIdentity::is(const BaseHashes& named) const
{
    return config(named.config) == named.config && weights(named.weights) == named.weights;
}

std::string BaseIdentity::whyNot(const BaseHashes& named) const
{
    auto why = compare(named.config, config(named.config), "config.json", ofFields);
    return why.empty() ? compare(named.weights, weights(named.weights), "weights", ofTensors) : why;
}

std::string trainedOnAnother(const std::string& whyNot)
{
    return whyNot.empty() ? whyNot : "it was trained on another base: " + whyNot;
}

BaseIdentity BaseIdentity::readAnew(const std::stop_token& stop) const
{
    const HashOptions options{HashOptions::Effort::Anew, {}, stop};
    return {m_folder, m_folder.empty() ? m_hashes : hashBase(m_folder, options), options};
}

} // namespace icae

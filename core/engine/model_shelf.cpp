#include "engine/model_shelf.h"

#include "protocol/error.h"
#include "tensor/sha256.h"

#include <algorithm>

namespace icae {

namespace {

/// The same for the same files, device and dtype, also in another engine.
std::string idOf(const ModelPaths& paths, const LoadModelParams& params)
{
    constexpr std::size_t digits = 16;
    return "model-"
        + sha256(std::filesystem::absolute(paths.base).lexically_normal().string() + "\n"
                 + (paths.adapter.empty() ? std::string()
                                          : std::filesystem::absolute(paths.adapter).lexically_normal().string())
                 + "\n" + params.device + "\n" + params.dtype)
              .substr(0, digits);
}

LoadedModel described(const std::string& id, const LoadModelParams& asked, const Model& model)
{
    LoadedModel loaded;
    const auto& device = model.device();
    loaded.id = id;
    loaded.base = model.paths().base.string();
    loaded.adapter = model.paths().adapter.string();
    loaded.adapterSha256 = model.adapterHash();
    loaded.device = device.device.str();
    loaded.deviceName = describeDevice(device.device);
    loaded.deviceReason = device.reason;
    loaded.dtype = dtypeName(model.weights().dtype());
    loaded.requestedDevice = asked.device;
    loaded.requestedDtype = asked.dtype;
    loaded.positions = model.config().maxPositions;
    loaded.remarks = model.remarks();
    const AdapterConfig* adapter = model.hasAdapter() ? &model.adapter().config : nullptr;
    loaded.memoryBytes = memoryNeeded(model.config(), adapter, model.weights().dtype());
    if (adapter != nullptr) {
        loaded.slots = adapter->slots;
        loaded.slotChoices = adapter->slotChoices();
        loaded.spanTokens = adapter->spanTokens;
        loaded.positionLayout = layoutName(adapter->layout);
        loaded.aeReads = aeReadsName(adapter->aeReads);
        loaded.specialTokens = adapter->specialTokens;
        loaded.trained = adapter->trained;
    }
    return loaded;
}

} // namespace

std::shared_ptr<const Model> ModelShelf::load(const LoadModelParams& params, const ProgressCallback& progress,
                                              const std::stop_token& stop)
{
    const auto paths = findModel(params.base, params.adapter, params.preferred);
    const auto id = idOf(paths, params);
    const auto makeCurrent = [&] {
        if (!params.beside)
            m_current = id;
    };
    if (auto model = unchanged(id, paths)) {
        const std::scoped_lock lock(m_mutex);
        makeCurrent();
        return model;
    }
    auto model = loadBeside(paths, params, progress, stop);
    std::list<Held> replaced;
    const std::scoped_lock lock(m_mutex);
    if (const auto old = position(id); old != m_held.end())
        replaced.splice(replaced.begin(), m_held, old);
    m_held.push_front({id, params, model});
    makeCurrent();
    return model;
}

/// The model of that id, unless its files are others by now.
std::shared_ptr<const Model> ModelShelf::unchanged(const std::string& id, const ModelPaths& paths)
{
    std::shared_ptr<const Model> model;
    {
        const std::scoped_lock lock(m_mutex);
        if (const auto found = position(id); found != m_held.end())
            model = found->model;
    }
    if (!model)
        return nullptr;
    const auto config = readLlmConfig(paths.base);
    bool same = config.eosIds == model->config().eosIds && config.maxPositions == model->config().maxPositions
        && hashBase(paths.base) == model->baseHashes();
    if (same && !paths.adapter.empty()) {
        const auto adapter = AdapterFile::open(paths.adapter);
        same = sha256OfFiles(adapter.files()) == model->adapterHash()
            && toJsonText(adapter.config) == toJsonText(model->adapter().config);
    }
    if (!same)
        return nullptr;
    const std::scoped_lock lock(m_mutex);
    if (const auto found = position(id); found != m_held.end())
        m_held.splice(m_held.begin(), m_held, found);
    return model;
}

std::shared_ptr<const Model> ModelShelf::loadBeside(const ModelPaths& paths, const LoadModelParams& params,
                                                    const ProgressCallback& progress, const std::stop_token& stop)
{
    while (true) {
        Model::Options options;
        options.device = params.device;
        options.dtype = params.dtype;
        {
            const std::scoped_lock lock(m_mutex);
            for (const auto& held : m_held)
                options.loaded.push_back(held.model);
        }
        try {
            return Model::load(paths, options, progress, stop);
        } catch (const Error& error) {
            options.loaded.clear();
            if (error.kind() != ErrorKind::OutOfMemory || !dropOldest())
                throw;
        }
    }
}

/// False where there is none.
bool ModelShelf::dropOldest()
{
    std::list<Held> dropped;
    {
        const std::scoped_lock lock(m_mutex);
        if (m_held.empty())
            return false;
        dropped.splice(dropped.begin(), m_held, std::prev(m_held.end()));
    }
    dropped.clear();
    returnFreedMemory();
    return true;
}

std::shared_ptr<const Model> ModelShelf::get(const std::string& id)
{
    const std::scoped_lock lock(m_mutex);
    if (id.empty() && m_current.empty())
        throw Error(ErrorKind::InvalidInput, "No model is loaded.", "Load one first.");
    const auto found = position(id.empty() ? m_current : id);
    if (found == m_held.end())
        throw Error(ErrorKind::NotFound, "The model is no longer loaded.", "Load it again.");
    m_held.splice(m_held.begin(), m_held, found);
    return m_held.front().model;
}

std::shared_ptr<const Model> ModelShelf::thatMade(const MemoryHeader& memory)
{
    std::vector<std::pair<std::string, std::shared_ptr<const Model>>> candidates;
    {
        const std::scoped_lock lock(m_mutex);
        for (const auto& held : m_held)
            if (!memory.adapterHash.empty() && held.model->adapterHash() == memory.adapterHash)
                candidates.emplace_back(held.id, held.model);
    }
    for (const auto& [id, model] : candidates) // a hash of files may have to be computed
        if (model->base().weights(memory.baseWeightsHash) == memory.baseWeightsHash)
            return get(id);
    return get({});
}

void ModelShelf::unload(const std::string& id)
{
    std::list<Held> dropped;
    {
        const std::scoped_lock lock(m_mutex);
        if (id.empty())
            dropped.swap(m_held);
        else if (const auto found = position(id); found != m_held.end())
            dropped.splice(dropped.begin(), m_held, found);
        if (position(m_current) == m_held.end())
            m_current = m_held.empty() ? std::string() : m_held.front().id;
    }
    dropped.clear();
    returnFreedMemory();
}

std::vector<LoadedModel> ModelShelf::list() const
{
    const std::scoped_lock lock(m_mutex);
    std::vector<LoadedModel> all;
    for (const auto& held : m_held)
        all.push_back(described(held.id, held.asked, *held.model));
    return all;
}

std::optional<LoadedModel> ModelShelf::current() const
{
    const std::scoped_lock lock(m_mutex);
    for (const auto& held : m_held)
        if (held.id == m_current)
            return described(held.id, held.asked, *held.model);
    return {};
}

LoadedModel ModelShelf::describe(const std::shared_ptr<const Model>& model) const
{
    const std::scoped_lock lock(m_mutex);
    const auto found =
        std::find_if(m_held.begin(), m_held.end(), [&](const Held& held) { return held.model == model; });
    return found == m_held.end() ? described({}, {}, *model) : described(found->id, found->asked, *model);
}

std::string ModelShelf::device(const std::string& id) const
{
    const std::scoped_lock lock(m_mutex);
    for (const auto& held : m_held)
        if (held.id == (id.empty() ? m_current : id))
            return held.model->device().device.str();
    return at::Device(at::kCPU).str();
}

std::list<ModelShelf::Held>::iterator ModelShelf::position(const std::string& id)
{
    return std::find_if(m_held.begin(), m_held.end(), [&](const Held& held) { return held.id == id; });
}

} // namespace icae

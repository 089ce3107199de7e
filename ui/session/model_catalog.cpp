#include "session/model_catalog.h"

#include <algorithm>
#include <utility>

namespace icae {

ModelCatalog::ModelCatalog(EngineClient& client, Settings& settings, QStringList standard, QObject* parent)
    : QObject(parent)
    , m_client(client)
    , m_settings(settings)
    , m_standard(std::move(standard))
{
    m_standard.removeAll(QString());
    connect(&m_client, &EngineClient::stateChanged, this, [this](EngineClient::State state) {
        if (state == EngineClient::State::Ready)
            onReady();
        Q_EMIT loadingChanged(); // an engine that starts is about to load
    });
    connect(&m_client, &EngineClient::modelChanged, this, [this] {
        const auto& model = m_client.model();
        m_tree.setLoaded(model ? model->base : std::string(), model ? model->adapter : std::string());
    });
    connect(&m_settings, &Settings::modelFoldersChanged, this, [this] { refresh(); });
}

QStringList ModelCatalog::folders() const
{
    auto folders = m_standard + m_settings.modelFolders();
    folders.removeDuplicates();
    return folders;
}

void ModelCatalog::addFolder(const QString& path)
{
    auto folders = m_settings.modelFolders();
    if (path.isEmpty() || folders.contains(path))
        return;
    m_added = path;
    m_settings.setModelFolders(folders << path);
}

/// Whoever adds a folder expects models from it.
void ModelCatalog::tellOfEmptyFolder(const ModelList& list)
{
    const auto folder = std::exchange(m_added, {}).toStdString();
    if (folder.empty())
        return;
    const auto isWithin = [&](const std::string& path) {
        return path == folder || path.starts_with(folder.back() == '/' ? folder : folder + '/');
    };
    const bool found =
        std::any_of(list.bases.begin(), list.bases.end(), [&](const auto& base) { return isWithin(base.folder); })
        || std::any_of(list.adapters.begin(), list.adapters.end(), [&](const auto& one) { return isWithin(one.path); })
        || std::any_of(list.problems.begin(), list.problems.end(),
                       [&](const auto& one) { return isWithin(one.folder); });
    if (!found)
        fail(
            Error(ErrorKind::InvalidInput, "There is no model in " + folder + ".",
                  "Add a folder that holds a base (config.json) or an adapter (icae.safetensors), or one around them."),
            nullptr);
}

void ModelCatalog::removeFolder(const QString& path)
{
    auto folders = m_settings.modelFolders();
    if (folders.removeAll(path) > 0)
        m_settings.setModelFolders(folders);
}

bool ModelCatalog::canRemove(const QString& folder) const
{
    return m_settings.modelFolders().contains(folder);
}

void ModelCatalog::onReady()
{
    m_devices = m_client.engine().devices;
    Q_EMIT devicesChanged();
    refresh();
    if (!m_loadedOnce) {
        m_loadedOnce = true;
        loadLast();
    }
}

QString ModelCatalog::loadingName() const
{
    if (m_loading || m_loadedOnce || m_client.state() != EngineClient::State::Connecting)
        return m_loading ? m_loadingName : QString();
    const auto last = m_settings.model().base;
    return folderName((last.isEmpty() ? m_standard.value(0) : last).toStdString());
}

void ModelCatalog::loadLast()
{
    const auto last = m_settings.model();
    if (!last.base.isEmpty())
        load(last.base.toStdString(), last.adapter.toStdString(), last.device.toStdString(), last.dtype.toStdString());
    else if (!m_standard.isEmpty())
        load(m_standard.front().toStdString(), {});
}

void ModelCatalog::refresh(bool hashes, QObject* owner)
{
    ListModelsParams params;
    for (const auto& folder : folders())
        params.folders.push_back(folder.toStdString());
    params.hashes = hashes;
    m_listing = true;
    m_client.call(protocol::modelsList, params, contextFor(owner),
                  {.done =
                       [this](const ModelList& list) {
                           m_listing = false;
                           m_tree.setModels(list);
                           const auto& model = m_client.model();
                           if (model)
                               m_tree.setLoaded(model->base, model->adapter);
                           Q_EMIT listed();
                           tellOfEmptyFolder(list);
                       },
                   .failed =
                       [this, owner](const Error& why) {
                           m_listing = false;
                           fail(why, owner);
                           Q_EMIT listed();
                       }});
}

void ModelCatalog::fail(const Error& why, QObject* owner)
{
    if (why.kind() != ErrorKind::Cancelled) // who stops something knows
        Q_EMIT failed(why, owner);
}

void ModelCatalog::refreshDevices()
{
    if (m_client.state() != EngineClient::State::Ready)
        return;
    m_client.call(protocol::status, {}, this, {.done = [this](const EngineStatus& status) {
                      m_devices = status.devices;
                      Q_EMIT devicesChanged();
                  }});
}

void ModelCatalog::load(const std::string& base, const std::string& adapter, const std::string& device,
                        const std::string& dtype, QObject* owner)
{
    LoadModelParams params;
    params.base = base;
    params.adapter = adapter;
    params.device = device;
    params.dtype = dtype;
    m_loading = true;
    m_loadingName = folderName(base);
    Q_EMIT loadingChanged();
    m_client.call(protocol::modelsLoad, params, contextFor(owner),
                  {.done =
                       [this, device, dtype](const LoadedModel& model) {
                           m_loading = false;
                           m_settings.setModel({QString::fromStdString(model.base),
                                                QString::fromStdString(model.adapter), QString::fromStdString(device),
                                                QString::fromStdString(dtype)});
                           Q_EMIT loaded(model);
                           Q_EMIT loadingChanged();
                           refreshDevices();
                       },
                   .failed =
                       [this, owner](const Error& why) {
                           m_loading = false;
                           Q_EMIT loadingChanged();
                           fail(why, owner);
                       }});
}

void ModelCatalog::moveTo(const std::string& device)
{
    const auto& model = m_client.model();
    if (model)
        load(model->base, model->adapter, device, m_settings.model().dtype.toStdString());
}

void ModelCatalog::load(const std::string& base, const std::string& adapter)
{
    const auto last = m_settings.model();
    load(base, adapter, last.device.toStdString(), last.dtype.toStdString());
}

std::string ModelCatalog::chosenDevice() const
{
    return m_settings.model().device.toStdString();
}

void ModelCatalog::unload(QObject* owner)
{
    m_loading = true;
    m_loadingName.clear();
    Q_EMIT loadingChanged();
    const auto end = [this] {
        m_loading = false;
        auto last = m_settings.model();
        last.base.clear();
        last.adapter.clear();
        m_settings.setModel(last);
        Q_EMIT loadingChanged();
        refreshDevices();
    };
    m_client.call(protocol::modelsUnload, {}, contextFor(owner),
                  {.done = [end](const EngineStatus&) { end(); },
                   .failed =
                       [this, end, owner](const Error& why) {
                           end();
                           fail(why, owner);
                       }});
}

} // namespace icae

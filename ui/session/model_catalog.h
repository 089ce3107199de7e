#pragma once

#include "models/model_tree_model.h"
#include "session/engine_client.h"
#include "session/settings.h"

#include <QObject>

namespace icae {

/// The models that the engine finds, and what loading one means for the application: remembered, and loaded again at
/// the next start. Pages and pickers share it.
class ModelCatalog : public QObject {
    Q_OBJECT

public:
    /// @param standard folders with a base and adapters that are always searched, e.g. the bundled models; the first is
    /// loaded where none was chosen before
    ModelCatalog(EngineClient& client, Settings& settings, QStringList standard, QObject* parent = nullptr);

    ModelTreeModel& tree() { return m_tree; }
    const ModelList& models() const { return m_tree.models(); }
    const std::vector<DeviceInfo>& devices() const { return m_devices; }
    bool isListing() const { return m_listing; }
    bool isLoading() const { return m_loading; }
    /// The base that is being loaded, or will be as soon as the engine is there; empty: none.
    QString loadingName() const;

    // Each of these may be the work of a page, its owner: see Activities.

    void refresh(bool hashes = false, QObject* owner = nullptr);
    void refreshDevices();
    void addFolder(const QString& path);
    void removeFolder(const QString& path);
    QStringList folders() const;
    bool canRemove(const QString& folder) const; ///< the standard folders stay

    /// @param device id, or "auto", which is remembered as such
    void load(const std::string& base, const std::string& adapter, const std::string& device, const std::string& dtype,
              QObject* owner = nullptr);
    /// Another model on the device and with the precision that were last chosen, "auto" included.
    void load(const std::string& base, const std::string& adapter);
    /// The present model on another device, or where "auto" puts it.
    void moveTo(const std::string& device);
    void unload(QObject* owner = nullptr);
    std::string chosenDevice() const; ///< as load() was last given it

Q_SIGNALS:
    void listed();
    void devicesChanged();
    void loadingChanged(); ///< whether, or what: see loadingName()
    void loaded(const icae::LoadedModel& model);
    void failed(const icae::Error& why, QObject* owner); ///< @param owner null: nobody's

private:
    void onReady();
    void loadLast();
    void tellOfEmptyFolder(const ModelList& list);
    void fail(const Error& why, QObject* owner);
    QObject* contextFor(QObject* owner) { return owner == nullptr ? this : owner; }

    EngineClient& m_client;
    Settings& m_settings;
    QStringList m_standard;
    ModelTreeModel m_tree;
    std::vector<DeviceInfo> m_devices;
    bool m_listing = false;
    QString m_added; ///< folder that was added, and is to be searched
    bool m_loading = false;
    QString m_loadingName;
    bool m_loadedOnce = false;
};

} // namespace icae

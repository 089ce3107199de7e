#pragma once

#include "session/engine_client.h"
#include "session/model_catalog.h"
#include "session/theme.h"

#include <QFrame>
#include <QToolButton>

class QTreeView;
class QVBoxLayout;

namespace icae {

/// The model in use, e.g. "nano · reconstruct"; opens the list of all that can be used.
class ModelPicker : public QToolButton {
    Q_OBJECT

public:
    ModelPicker(const Theme& theme, EngineClient& client, ModelCatalog& catalog, QWidget* parent = nullptr);

Q_SIGNALS:
    void pageRequested(const QString& id); ///< where models are managed

private:
    void showModel();
    void open();
    void choose(const QModelIndex& index);

    EngineClient& m_client;
    ModelCatalog& m_catalog;
    QFrame* m_popup;
    QTreeView* m_list;
};

/// The device in use and its memory; opens the list of devices.
class DevicePicker : public QToolButton {
    Q_OBJECT

public:
    DevicePicker(const Theme& theme, EngineClient& client, ModelCatalog& catalog, QWidget* parent = nullptr);

private:
    void showDevice();
    void rebuild();

    const Theme& m_theme;
    EngineClient& m_client;
    ModelCatalog& m_catalog;
};

} // namespace icae

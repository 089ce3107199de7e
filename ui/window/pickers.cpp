#include "window/pickers.h"

#include "models/byte_text.h"
#include "widgets/common/model_delegate.h"

#include <QMenu>
#include <QPushButton>
#include <QTreeView>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

ModelPicker::ModelPicker(const Theme& theme, EngineClient& client, ModelCatalog& catalog, QWidget* parent)
    : QToolButton(parent)
    , m_client(client)
    , m_catalog(catalog)
    , m_popup(new QFrame(this, Qt::Popup))
    , m_list(new QTreeView)
{
    setIcon(theme.icon(u"models"_s));
    setIconSize({18, 18});
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setToolTip(tr("Choose base and adapter (Ctrl+M)"));
    m_popup->setObjectName(u"popup"_s);
    m_list->setModel(&catalog.tree());
    m_list->setHeaderHidden(true);
    m_list->setItemDelegate(new ModelDelegate(theme, m_list));
    m_list->setMouseTracking(true);
    m_list->setUniformRowHeights(true);
    m_list->setIndentation(Theme::grid(2));
    m_list->setRootIsDecorated(false);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setAccessibleName(tr("Bases and adapters"));
    m_list->setMinimumSize(Theme::grid(42), Theme::grid(28));
    auto* manage = new QPushButton(tr("Manage models…"));
    auto* layout = new QVBoxLayout(m_popup);
    layout->setContentsMargins(Theme::grid(), Theme::grid(), Theme::grid(), Theme::grid());
    layout->addWidget(m_list);
    layout->addWidget(manage);
    connect(manage, &QPushButton::clicked, this, [this] {
        m_popup->hide();
        Q_EMIT pageRequested(u"models"_s);
    });
    connect(this, &QToolButton::clicked, this, &ModelPicker::open);
    connect(m_list, &QTreeView::activated, this, &ModelPicker::choose);
    connect(m_list, &QTreeView::clicked, this, &ModelPicker::choose);
    connect(&m_client, &EngineClient::modelChanged, this, &ModelPicker::showModel);
    connect(&m_catalog, &ModelCatalog::loadingChanged, this, &ModelPicker::showModel);
    connect(&m_catalog.tree(), &QAbstractItemModel::modelReset, m_list, &QTreeView::expandAll);
    connect(&m_catalog.tree(), &QAbstractItemModel::modelReset, this, &ModelPicker::showModel);
    showModel();
}

void ModelPicker::showModel()
{
    const auto& model = m_client.model();
    QString text = tr("No model");
    if (const auto name = m_catalog.loadingName(); !name.isEmpty())
        text = tr("Loading %1…").arg(name);
    else if (model)
        text = model->adapter.empty()
            ? folderName(model->base)
            : tr("%1 · %2").arg(folderName(model->base), m_catalog.tree().nameOf(model->adapter));
    setText(u" %1 ▾"_s.arg(text)); // Qt puts icon and text close together
    setAccessibleName(tr("Model: %1").arg(text));
}

void ModelPicker::open()
{
    m_list->expandAll();
    if (const auto& model = m_client.model())
        m_list->setCurrentIndex(m_catalog.tree().indexOf(model->base, model->adapter));
    m_popup->move(mapToGlobal(QPoint(0, height() + 2)));
    m_popup->show();
    m_list->setFocus(Qt::PopupFocusReason);
}

void ModelPicker::choose(const QModelIndex& index)
{
    const auto* base = m_catalog.tree().baseAt(index);
    const auto* adapter = m_catalog.tree().adapterAt(index);
    if (base == nullptr || !index.data(ModelTreeModel::ReasonRole).toString().isEmpty())
        return;
    m_popup->hide();
    m_catalog.load(base->folder, adapter == nullptr ? std::string() : adapter->path);
}

DevicePicker::DevicePicker(const Theme& theme, EngineClient& client, ModelCatalog& catalog, QWidget* parent)
    : QToolButton(parent)
    , m_theme(theme)
    , m_client(client)
    , m_catalog(catalog)
{
    setIcon(m_theme.icon(u"memory"_s));
    setIconSize({18, 18});
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setPopupMode(QToolButton::InstantPopup);
    setMenu(new QMenu(this));
    menu()->setToolTipsVisible(true);
    connect(&m_client, &EngineClient::modelChanged, this, &DevicePicker::showDevice);
    connect(&m_catalog, &ModelCatalog::loaded, this, &DevicePicker::rebuild);
    connect(&m_client, &EngineClient::stateChanged, this, &DevicePicker::showDevice);
    connect(&m_catalog, &ModelCatalog::devicesChanged, this, [this] {
        rebuild();
        showDevice();
    });
    connect(menu(), &QMenu::aboutToShow, &m_catalog, &ModelCatalog::refreshDevices);
    showDevice();
}

void DevicePicker::showDevice()
{
    const auto& model = m_client.model();
    QString text = tr("No device");
    QString hint = tr("The device that the model runs on, and the memory it takes");
    if (model) {
        text = tr("%1 · %2").arg(QString::fromStdString(model->deviceName), byteText(model->memoryBytes));
        hint = tr("%1, %2: %3. The model takes %4.")
                   .arg(QString::fromStdString(model->deviceName), QString::fromStdString(model->dtype),
                        QString::fromStdString(model->deviceReason), byteText(model->memoryBytes));
    } else if (m_client.state() == EngineClient::State::Ready && !m_catalog.devices().empty()) {
        text = QString::fromStdString(m_catalog.devices().front().name);
    }
    setText(u" %1 ▾"_s.arg(text)); // Qt puts icon and text close together
    setToolTip(hint + tr(" (Ctrl+D)"));
    setAccessibleName(tr("Device: %1").arg(text));
}

void DevicePicker::rebuild()
{
    menu()->clear();
    const auto chosen = m_catalog.chosenDevice();
    const auto add = [&](const QString& text, const std::string& id) {
        auto* action = menu()->addAction(text, this, [this, id] { m_catalog.moveTo(id); });
        action->setCheckable(true);
        action->setChecked(id == chosen);
        action->setEnabled(m_client.model().has_value());
    };
    add(tr("Automatic"), "auto");
    for (const auto& device : m_catalog.devices())
        add(tr("%1 · %2 of %3 free")
                .arg(QString::fromStdString(device.name), byteText(device.freeBytes), byteText(device.totalBytes)),
            device.id);
}

} // namespace icae

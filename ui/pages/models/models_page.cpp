#include "pages/models/models_page.h"

#include "pages/engine_files.h"
#include "pages/models/model_facts.h"
#include "widgets/common/elided_label.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/find_views.h"
#include "widgets/common/memory_bars.h"
#include "widgets/common/model_delegate.h"
#include "widgets/common/notice_bar.h"
#include "widgets/common/pane_header.h"

#include <QAction>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

ModelsPage::ModelsPage(const PageContext& context, QWidget* parent)
    : Page(parent)
    , m_theme(context.theme)
    , m_client(context.client)
    , m_settings(context.settings)
    , m_catalog(context.catalog)
    , m_notice(new NoticeBar(m_theme))
    , m_list(new FindTree)
    , m_right(new QStackedWidget)
    , m_empty(
          new EmptyState(m_theme, u"models"_s, tr("No model selected"),
                         tr("Choose a base or an adapter at the left to see what it is and what loading it takes.")))
    , m_name(new QLabel)
    , m_path(new ElidedLabel)
    , m_reason(new QLabel)
    , m_facts(new FactsView(m_theme))
    , m_memory(new MemoryBars(m_theme))
    , m_device(new QComboBox)
    , m_dtype(new QComboBox)
    , m_load(new QPushButton(tr("Load")))
    , m_add(new QAction(m_theme.icon(u"folder-add"_s), tr("Add folder…"), this))
    , m_refresh(new QAction(m_theme.icon(u"refresh"_s), tr("Search again"), this))
    , m_hash(new QAction(tr("Compute hashes"), this))
    , m_folders(new QVBoxLayout)
    , m_forget(new QAction(tr("Stop searching the model's folder"), this))
    , m_loadAction(new QAction(tr("Load the selected model"), this))
    , m_unload(new QAction(tr("Unload"), this))
{
    m_add->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O));
    m_refresh->setShortcut(QKeySequence(Qt::Key_F5));
    m_hash->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_H));
    m_loadAction->setShortcuts(mainActionKeys());
    m_unload->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_U));
    m_forget->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Delete));
    setAcceptDrops(true);
    for (auto* action : {m_add, m_refresh, m_hash, m_forget, m_loadAction, m_unload}) {
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        addAction(action);
    }
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(makeList());
    splitter->addWidget(m_right);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->setStretchFactor(0, 0);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({Theme::grid(42), Theme::grid(90)});
    auto* add = new QPushButton(tr("Add folder…"));
    connect(add, &QPushButton::clicked, m_add, &QAction::trigger);
    m_empty->addAction(add);
    m_right->addWidget(m_empty);
    m_right->addWidget(makeDetails());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_notice);
    layout->addWidget(splitter, 1);

    connect(m_add, &QAction::triggered, this, &ModelsPage::addFolder);
    connect(m_refresh, &QAction::triggered, &m_catalog, [this] { m_catalog.refresh(false, this); });
    connect(m_forget, &QAction::triggered, this, [this] { m_catalog.removeFolder(selectedFolder()); });
    connect(m_hash, &QAction::triggered, &m_catalog, [this] { m_catalog.refresh(true, this); });
    connect(m_loadAction, &QAction::triggered, this, &ModelsPage::loadSelected);
    connect(m_load, &QPushButton::clicked, this, &ModelsPage::loadSelected);
    connect(m_unload, &QAction::triggered, this, [this] { m_catalog.unload(this); });
    connect(&m_catalog, &ModelCatalog::listed, this, [this] {
        m_list->expandAll();
        showFolders();
        QStringList problems;
        for (const auto& problem : m_catalog.tree().models().problems)
            problems += QString::fromStdString(problem.problem + " " + problem.remedy);
        if (problems.isEmpty())
            m_notice->clearWarning();
        else
            m_notice->showWarning(problems.join(u' '), {});
        const auto& model = m_client.model();
        auto index = m_catalog.tree().indexOf(m_selectedBase, m_selectedAdapter);
        if (!index.isValid() && model)
            index = m_catalog.tree().indexOf(model->base, model->adapter);
        if (index.isValid())
            m_list->setCurrentIndex(index);
        else
            select({});
    });
    connect(&m_catalog, &ModelCatalog::devicesChanged, this, &ModelsPage::showSelection);
    connect(&m_catalog, &ModelCatalog::loadingChanged, this, [this] {
        if (m_catalog.isLoading())
            m_notice->clear();
        showSelection();
    });
    connect(&m_client, &EngineClient::modelChanged, this, [this] {
        const auto& model = m_client.model();
        if (model && m_selectedBase.empty() && m_selectedAdapter.empty()) {
            if (const auto index = m_catalog.tree().indexOf(model->base, model->adapter); index.isValid())
                m_list->setCurrentIndex(index);
        }
        showSelection();
    });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &ModelsPage::select);
    connect(m_device, &QComboBox::currentIndexChanged, this, &ModelsPage::updateMemory);
    connect(m_dtype, &QComboBox::currentIndexChanged, this, &ModelsPage::updateMemory);
    select({});
    setFocusProxy(m_list);
}

QWidget* ModelsPage::makeList()
{
    m_list->setModel(&m_catalog.tree());
    m_list->setHeaderHidden(true);
    m_list->setItemDelegate(new ModelDelegate(m_theme, m_list));
    m_list->setMouseTracking(true);
    m_list->setUniformRowHeights(true);
    m_list->setRootIsDecorated(false);
    m_list->setIndentation(Theme::grid(2));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setAccessibleName(tr("Bases and adapters"));
    auto* header = new PaneHeader;
    auto* title = new QLabel(tr("Bases and adapters"));
    auto semibold = m_theme.font(TypeRole::Body);
    semibold.setWeight(QFont::DemiBold);
    title->setFont(semibold);
    header->row().addWidget(title, 1);
    for (auto* action : {m_add, m_refresh}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setIconSize({18, 18});
        button->setToolTip(u"%1 (%2)"_s.arg(action->text(), action->shortcut().toString(QKeySequence::NativeText)));
        header->row().addWidget(button);
    }
    auto* pane = new QWidget;
    auto* layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(header);
    layout->addSpacing(Theme::grid(0.5));
    layout->addWidget(m_list, 1);
    auto* folders = new QFrame;
    folders->setObjectName(u"folders"_s);
    m_folders->setContentsMargins(Theme::grid(2), Theme::grid(), Theme::grid(), Theme::grid());
    m_folders->setSpacing(Theme::grid(0.5));
    folders->setLayout(m_folders);
    layout->addWidget(folders);
    pane->setAutoFillBackground(true);
    pane->setBackgroundRole(QPalette::Base);
    pane->setMinimumWidth(Theme::grid(30));
    return pane;
}

void ModelsPage::showFolders()
{
    while (auto* item = m_folders->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    auto* caption = new QLabel(tr("Folders searched"));
    caption->setProperty("secondary", true);
    caption->setFont(m_theme.font(TypeRole::Caption));
    m_folders->addWidget(caption);
    const auto folders = m_catalog.folders();
    for (const auto& folder : folders) {
        auto* line = new QWidget;
        auto* row = new QHBoxLayout(line);
        row->setContentsMargins(0, 0, 0, 0);
        line->setMinimumHeight(Theme::grid(3.5));
        auto* path = new ElidedLabel(folder);
        path->setElideMode(Qt::ElideMiddle);
        row->addWidget(path, 1);
        if (m_catalog.canRemove(folder)) {
            auto* remove = new QToolButton;
            remove->setIcon(m_theme.icon(u"close"_s));
            remove->setToolTip(tr("Stop searching this folder; nothing is deleted"));
            remove->setAccessibleName(tr("Stop searching %1").arg(folder));
            connect(
                remove, &QToolButton::clicked, &m_catalog, [this, folder] { m_catalog.removeFolder(folder); },
                Qt::QueuedConnection); // the button goes with its line
            row->addWidget(remove);
        }
        m_folders->addWidget(line);
    }
}

QString ModelsPage::selectedFolder() const
{
    const auto* base = m_catalog.tree().baseAt(m_list->currentIndex());
    const auto* adapter = m_catalog.tree().adapterAt(m_list->currentIndex());
    const auto path = QString::fromStdString(adapter != nullptr    ? adapter->path
                                                 : base != nullptr ? base->folder
                                                                   : std::string());
    const auto folders = m_catalog.folders();
    for (const auto& folder : folders)
        if (m_catalog.canRemove(folder) && (path == folder || path.startsWith(folder + u'/')))
            return folder;
    return {};
}

QWidget* ModelsPage::makeDetails()
{
    m_name->setFont(m_theme.font(TypeRole::Title));
    connect(&m_theme, &Theme::changed, this, [this] { m_name->setFont(m_theme.font(TypeRole::Title)); });
    m_path->setProperty("secondary", true);
    m_path->setElideMode(Qt::ElideMiddle);
    m_reason->setProperty("kind", u"error"_s);
    m_reason->setWordWrap(true);
    m_device->setAccessibleName(tr("Device to load on"));
    m_dtype->setAccessibleName(tr("Precision"));
    for (const auto& [id, name] :
         std::initializer_list<std::pair<QString, QString>>{{u"auto"_s, tr("Automatic precision")},
                                                            {u"fp32"_s, u"float32"_s},
                                                            {u"bf16"_s, u"bfloat16"_s},
                                                            {u"fp16"_s, u"float16"_s}})
        m_dtype->addItem(name, id);
    m_load->setProperty("primary", true);
    auto* unload = new QPushButton(tr("Unload"));
    connect(unload, &QPushButton::clicked, m_unload, &QAction::trigger);
    connect(m_unload, &QAction::changed, unload, [this, unload] { unload->setEnabled(m_unload->isEnabled()); });
    auto* hash = new QPushButton(tr("Compute hashes"));
    connect(hash, &QPushButton::clicked, m_hash, &QAction::trigger);

    auto* loadRow = new QHBoxLayout;
    loadRow->setSpacing(Theme::grid());
    for (auto* widget : std::initializer_list<QWidget*>{m_device, m_dtype, m_load, unload})
        loadRow->addWidget(widget);
    loadRow->addStretch(1);
    auto* content = new QWidget;
    content->setAutoFillBackground(true);
    content->setBackgroundRole(QPalette::Base);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(Theme::grid(4), Theme::grid(3), Theme::grid(4), Theme::grid(3));
    column->setSpacing(Theme::grid());
    column->addWidget(m_name);
    column->addWidget(m_path);
    column->addWidget(m_reason);
    column->addSpacing(Theme::grid());
    column->addWidget(m_memory);
    column->addLayout(loadRow);
    column->addSpacing(Theme::grid(2));
    column->addWidget(m_facts);
    column->addSpacing(Theme::grid());
    column->addWidget(hash, 0, Qt::AlignLeft);
    column->addStretch(1);
    content->setMaximumWidth(Theme::grid(110));
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    scroll->viewport()->setBackgroundRole(QPalette::Base);
    return scroll;
}

std::vector<ShortcutGroup> ModelsPage::shortcuts() const
{
    return {{title(), {m_loadAction, m_unload, m_add, m_forget, m_refresh, m_hash}}};
}

std::pair<FindTarget*, QWidget*> ModelsPage::findTarget()
{
    return {m_list, m_list};
}

void ModelsPage::showError(const Error& error)
{
    m_notice->showError(error);
}

void ModelsPage::dragEnterEvent(QDragEnterEvent* event)
{
    const auto urls = event->mimeData()->urls();
    if (!urls.isEmpty() && urls.front().isLocalFile())
        event->acceptProposedAction();
}

void ModelsPage::dropEvent(QDropEvent* event)
{
    const QFileInfo dropped(event->mimeData()->urls().front().toLocalFile());
    m_catalog.addFolder(dropped.isDir() ? dropped.filePath() : dropped.path());
    event->acceptProposedAction();
}

void ModelsPage::select(const QModelIndex& index)
{
    const auto* base = m_catalog.tree().baseAt(index);
    const auto* adapter = m_catalog.tree().adapterAt(index);
    m_selectedBase = base == nullptr ? std::string() : base->folder;
    m_selectedAdapter = adapter == nullptr ? std::string() : adapter->path;
    showSelection();
}

void ModelsPage::showSelection()
{
    const auto index = m_list->currentIndex();
    const auto* base = m_catalog.tree().baseAt(index);
    const auto* adapter = m_catalog.tree().adapterAt(index);
    const bool some = base != nullptr || adapter != nullptr;
    m_right->setCurrentIndex(some ? 1 : 0);
    if (!some && m_catalog.tree().rowCount() == 0 && !m_catalog.isListing())
        m_empty->setText(
            tr("No models found"),
            tr("Add a folder that holds a base LLM (config.json, *.safetensors, tokenizer.model) and its ICAE "
               "adapters, or drop one here."));
    if (some) {
        m_name->setText(index.data().toString());
        m_path->setText(QString::fromStdString(adapter != nullptr ? adapter->path : base->folder));
        const auto why = index.data(ModelTreeModel::ReasonRole).toString();
        const auto& remedy = adapter != nullptr ? adapter->remedy : base->remedy;
        m_reason->setText(remedy.empty() ? why : why + u' ' + QString::fromStdString(remedy));
        m_reason->setVisible(!why.isEmpty());
        m_facts->setFacts(adapter != nullptr ? adapterFacts(*adapter, base) : baseFacts(*base));
        const auto& model = m_client.model();
        const bool loaded = model && base != nullptr && model->base == base->folder
            && (adapter == nullptr ? model->adapter.empty()
                                   : model->adapter == adapter->path || model->adapter == adapter->file);
        m_load->setText(m_catalog.isLoading() ? tr("Loading…") : loaded ? tr("Load again") : tr("Load"));
        m_load->setProperty("primary", !loaded);
        m_load->style()->unpolish(m_load);
        m_load->style()->polish(m_load);
        m_load->setEnabled(why.isEmpty() && base != nullptr && !m_catalog.isLoading());
    }
    m_forget->setEnabled(!selectedFolder().isEmpty());
    m_loadAction->setEnabled(some && m_load->isEnabled());
    m_unload->setEnabled(m_client.model().has_value() && !m_catalog.isLoading());
    const auto wanted = m_device->currentData();
    const QSignalBlocker quiet(m_device);
    m_device->clear();
    m_device->addItem(tr("Automatic device"), u"auto"_s);
    for (const auto& device : m_catalog.devices())
        m_device->addItem(QString::fromStdString(device.name), QString::fromStdString(device.id));
    m_device->setCurrentIndex(std::max(0, m_device->findData(wanted)));
    updateMemory();
}

void ModelsPage::updateMemory()
{
    const auto* base = m_catalog.tree().baseAt(m_list->currentIndex());
    const auto* adapter = m_catalog.tree().adapterAt(m_list->currentIndex());
    MemoryNeed need = base == nullptr ? MemoryNeed() : base->memoryBytes;
    if (base != nullptr && adapter != nullptr)
        for (const auto& fit : adapter->fits)
            if (fit.base == base->folder)
                need = fit.memoryBytes;
    m_memory->setVisible(base != nullptr && need.fp32 > 0);
    m_memory->setDevices(m_catalog.devices(), need, chosenDtype());
}

std::string ModelsPage::chosenDevice() const
{
    return m_device->currentData().toString().toStdString();
}

std::string ModelsPage::chosenDtype() const
{
    return m_dtype->currentData().toString().toStdString();
}

void ModelsPage::addFolder()
{
    chooseEngineFiles(this, m_theme, m_client, m_settings, {tr("Add a folder with models"), {}, true},
                      [this](const QStringList& folders) { m_catalog.addFolder(folders.front()); });
}

void ModelsPage::loadSelected()
{
    const auto* base = m_catalog.tree().baseAt(m_list->currentIndex());
    const auto* adapter = m_catalog.tree().adapterAt(m_list->currentIndex());
    if (base != nullptr && m_load->isEnabled())
        m_catalog.load(base->folder, adapter == nullptr ? std::string() : adapter->path, chosenDevice(), chosenDtype(),
                       this);
}

} // namespace icae

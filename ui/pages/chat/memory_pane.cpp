#include "pages/chat/memory_pane.h"

#include "models/text_file.h"
#include "pages/chat/library_delegate.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/pane_header.h"

#include <QAction>
#include <QComboBox>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSplitter>
#include <QStackedLayout>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int shortestTag = 6; // characters that its box has room for

} // namespace

MemoryPane::MemoryPane(const Theme& theme, EngineClient& client, Settings& settings, const ModelCatalog& catalog,
                       QWidget* parent)
    : QWidget(parent)
    , m_client(client)
    , m_settings(settings)
    , m_catalog(catalog)
    , m_model(this)
    , m_delegate(new LibraryDelegate(theme, MemoryTreeModel::LineRole, this))
    , m_search(new QLineEdit)
    , m_tag(new QComboBox)
    , m_missing(new QPushButton(tr("Bring the missing memory back")))
    , m_tree(new QTreeView)
    , m_empty(new EmptyState(theme, u"memory"_s, tr("No memory yet"),
                             tr("Paste a text, drop a file here, or open one: it is compressed into slots at once.")))
    , m_preview(new MemoryPreview(theme, client))
    , m_add(new QAction(theme.icon(u"add"_s), tr("Add a text…"), this))
    , m_open(new QAction(theme.icon(u"open"_s), tr("Open texts or memories…"), this))
    , m_paste(new QAction(tr("Paste a text"), this))
    , m_expand(new QAction(tr("Read as text, or as slots"), this))
    , m_up(new QAction(theme.icon(u"up"_s), tr("Read earlier"), this))
    , m_down(new QAction(theme.icon(u"down"_s), tr("Read later"), this))
    , m_rename(new QAction(theme.icon(u"edit"_s), tr("Name and tags…"), this))
    , m_recompress(new QAction(theme.icon(u"compress"_s), tr("Compress again…"), this))
    , m_export(new QAction(theme.icon(u"export"_s), tr("Save as one file…"), this))
    , m_revive(new QAction(theme.icon(u"refresh"_s), tr("Bring the missing memory back"), this))
    , m_delete(new QAction(theme.icon(u"trash"_s), tr("Delete the memory"), this))
    , m_undo(new QAction(theme.icon(u"refresh"_s), tr("Undo delete"), this))
{
    makeActions();
    m_tree->setModel(&m_model);
    m_tree->setItemDelegate(m_delegate);
    m_tree->setHeaderHidden(true);
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setMouseTracking(true);
    m_tree->setIndentation(Theme::grid(2));
    m_tree->setExpandsOnDoubleClick(false);
    m_tree->setDragDropMode(QAbstractItemView::InternalMove);
    m_tree->setDragEnabled(true);
    m_tree->setDropIndicatorShown(true);
    m_tree->setObjectName(u"memories"_s);
    m_tree->setAccessibleName(tr("Memories"));
    m_tree->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_tree->addActions({m_paste, m_expand, m_up, m_down, m_rename, m_recompress, m_export, m_revive, m_delete, m_undo});
    m_search->setPlaceholderText(tr("Search in the memories"));
    m_search->setAccessibleName(tr("Search in the memories"));
    m_search->setClearButtonEnabled(true);
    m_tag->setAccessibleName(tr("Show one tag alone"));
    m_tag->setToolTip(tr("Show one tag alone"));
    m_tag->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_tag->setMinimumContentsLength(shortestTag);
    m_tag->hide();
    m_missing->setProperty("small", true);
    m_missing->setAccessibleName(m_missing->text());
    m_missing->hide();
    m_tree->viewport()->installEventFilter(this);
    auto* title = new QLabel(tr("Memories"));
    auto semibold = theme.font(TypeRole::Body);
    semibold.setWeight(QFont::DemiBold);
    title->setFont(semibold);
    auto* header = new PaneHeader;
    header->row().addWidget(title, 1);
    for (auto* action : {m_undo, m_add, m_open}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setToolTip(u"%1 (%2)"_s.arg(action->text(), action->shortcut().toString(QKeySequence::NativeText)));
        header->row().addWidget(button);
        if (action == m_undo) {
            button->setVisible(false);
            connect(m_undo, &QAction::changed, button, [this, button] { button->setVisible(m_undo->isEnabled()); });
        }
    }
    auto* first = new QPushButton(tr("Add a text…"));
    first->setProperty("primary", true);
    connect(first, &QPushButton::clicked, m_add, &QAction::trigger);
    m_empty->addAction(first);
    auto* lists = new QWidget;
    auto* stack = new QStackedLayout(lists);
    stack->addWidget(m_empty);
    stack->addWidget(m_tree);
    const auto showEither = [this, stack] {
        stack->setCurrentWidget(m_model.rowCount() == 0 ? static_cast<QWidget*>(m_empty) : m_tree);
    };
    for (auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(&m_model, signal, this, showEither);
    connect(&m_model, &QAbstractItemModel::modelReset, this, showEither);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(lists);
    splitter->addWidget(m_preview);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({Theme::grid(36), Theme::grid(20)});
    m_preview->hide();
    auto* searchRow = new QWidget;
    auto* searchLayout = new QHBoxLayout(searchRow);
    searchLayout->setContentsMargins(Theme::grid(), Theme::grid(), Theme::grid(), Theme::grid(0.5));
    searchLayout->addWidget(m_search, 1);
    searchLayout->addWidget(m_tag);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(header);
    layout->addWidget(searchRow);
    layout->addWidget(m_missing);
    layout->addWidget(splitter, 1);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    setAcceptDrops(true);
    setFocusPolicy(Qt::StrongFocus);
    connectViews();
    updateActions();
}

void MemoryPane::makeActions()
{
    m_add->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_A));
    m_open->setShortcut(QKeySequence::Open);
    m_paste->setShortcut(QKeySequence::Paste);
    m_expand->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_T));
    m_up->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Up));
    m_down->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Down));
    m_rename->setShortcut(QKeySequence(Qt::Key_F2));
    m_recompress->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C));
    m_export->setShortcut(QKeySequence::Save);
    m_revive->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_B));
    m_delete->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Delete));
    m_undo->setShortcut(QKeySequence::Undo);
    for (auto* action : actions()) { // texts that are edited here keep their own keys
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        addAction(action);
    }
}

QList<QAction*> MemoryPane::actions() const
{
    return {m_add,        m_open,   m_paste,  m_expand, m_up,     m_down,
            m_recompress, m_export, m_revive, m_rename, m_delete, m_undo};
}

void MemoryPane::connectViews()
{
    connect(m_add, &QAction::triggered, this, &MemoryPane::askForText);
    connect(m_open, &QAction::triggered, this, &MemoryPane::openTexts);
    connect(m_paste, &QAction::triggered, this, &MemoryPane::paste);
    connect(m_expand, &QAction::triggered, this, [this] { expand(m_tree->currentIndex()); });
    connect(m_up, &QAction::triggered, this, [this] { move(-1); });
    connect(m_down, &QAction::triggered, this, [this] { move(1); });
    connect(m_rename, &QAction::triggered, this, &MemoryPane::rename);
    connect(m_delete, &QAction::triggered, this, &MemoryPane::remove);
    connect(m_undo, &QAction::triggered, this, &MemoryPane::undo);
    connect(m_recompress, &QAction::triggered, this, &MemoryPane::recompress);
    connect(m_export, &QAction::triggered, this, &MemoryPane::exportMemory);
    connect(m_revive, &QAction::triggered, this, [this] {
        const auto* here = m_model.missing(m_tree->currentIndex());
        const auto all = m_model.missing();
        if (here != nullptr)
            revive(*here);
        else if (!all.empty())
            revive(all.front());
    });
    connect(m_missing, &QPushButton::clicked, m_revive, &QAction::trigger);
    connect(m_preview, &MemoryPreview::pointed, this, &MemoryPane::showPointed);
    connect(m_search, &QLineEdit::textChanged, this, &MemoryPane::search);
    connect(m_tag, &QComboBox::currentIndexChanged, this, [this] { hide(m_found); });
    connect(m_tree, &QTreeView::activated, this, [this](const QModelIndex& index) {
        if (m_model.missing(index) != nullptr)
            m_revive->trigger();
        else if (index.parent().isValid())
            expand(index);
        else
            m_tree->setExpanded(index, !m_tree->isExpanded(index));
    });
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, [this] {
        updateActions();
        showPreview();
    });
    connect(&m_model, &MemoryTreeModel::usedChanged, this, [this] {
        updateActions();
        showMissing();
        showTags();
        Q_EMIT usedChanged();
    });
}

void MemoryPane::updateActions()
{
    const auto index = m_tree->currentIndex();
    const bool there = m_model.find(current()) != nullptr;
    m_expand->setEnabled(there);
    m_up->setEnabled(index.isValid());
    m_down->setEnabled(index.isValid());
    m_rename->setEnabled(there);
    m_recompress->setEnabled(there && m_client.model().has_value());
    m_export->setEnabled(there);
    m_revive->setEnabled(!m_model.missing().empty());
    m_delete->setEnabled(there);
    m_undo->setEnabled(!m_deleted.empty());
}

QString MemoryPane::current() const
{
    return m_tree->currentIndex().data(MemoryTreeModel::IdRole).toString();
}

void MemoryPane::refresh()
{
    m_client.call(protocol::libraryList, {}, this,
                  {.done =
                       [this](const LibraryList& list) {
                           const auto before = current();
                           m_model.setMemories(list.memories);
                           m_listed = true;
                           if (const auto index = m_model.indexOf(before); index.isValid())
                               m_tree->setCurrentIndex(index);
                           hide(m_found);
                           Q_EMIT listed();
                       },
                   .failed =
                       [this](const Error& why) {
                           if (why.kind() != ErrorKind::Cancelled)
                               Q_EMIT failed(why);
                       }});
}

void MemoryPane::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasText() || event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void MemoryPane::dropEvent(QDropEvent* event)
{
    QStringList files;
    for (const auto& url : localFiles(*event->mimeData()))
        files += url.toLocalFile();
    if (files.isEmpty())
        addText(event->mimeData()->text(), {});
    else
        addFiles(files);
    event->acceptProposedAction();
}

bool MemoryPane::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_tree->viewport() && event->type() == QEvent::MouseMove)
        pointAtSlots(static_cast<QMouseEvent*>(event)->pos());
    else if (watched == m_tree->viewport() && event->type() == QEvent::Leave && m_lit)
        pointAtSlots({-1, -1});
    return QWidget::eventFilter(watched, event);
}

/// The page may say what reading it as text gains; what it costs is known.
void MemoryPane::expand(const QModelIndex& index)
{
    const auto before = m_model.used();
    m_model.toggleExpanded(index);
    if (index.parent().isValid() && index.data(MemoryTreeModel::ExpandedRole).toBool())
        Q_EMIT expanded(QPersistentModelIndex(index), before);
}

void MemoryPane::showMissing()
{
    const auto all = m_model.missing();
    m_missing->setVisible(!all.empty());
    if (!all.empty())
        m_missing->setText(all.size() == 1
                               ? tr("%1 is missing: bring it back").arg(QString::fromStdString(all.front().name))
                               : tr("%1 memories are missing: bring them back").arg(all.size()));
    m_missing->setToolTip(tr("From the trash, or compressed again from its text (%1)")
                              .arg(m_revive->shortcut().toString(QKeySequence::NativeText)));
}

void MemoryPane::showTags()
{
    const auto tags = m_model.tags();
    QStringList shown;
    for (int i = 1; i < m_tag->count(); ++i)
        shown += m_tag->itemText(i);
    if (tags == shown)
        return;
    const auto chosen = m_tag->currentIndex() > 0 ? m_tag->currentText() : QString();
    m_tag->clear();
    m_tag->addItem(tr("All tags"));
    m_tag->addItems(tags);
    m_tag->setCurrentIndex(chosen.isEmpty() ? 0 : std::max(0, m_tag->findText(chosen)));
    m_tag->setVisible(!tags.isEmpty());
}

void MemoryPane::move(int step)
{
    if (const auto to = m_model.moveBy(m_tree->currentIndex(), step); to.isValid())
        m_tree->setCurrentIndex(to);
}

void MemoryPane::showPreview()
{
    const auto* memory = m_model.find(current());
    const auto span = m_tree->currentIndex().data(MemoryTreeModel::SpanRole).toLongLong();
    const bool inside = memory != nullptr && span >= 0 && span < std::ssize(memory->spans);
    m_preview->showMemory(memory == nullptr ? QString() : current(), inside ? span : -1,
                          inside ? memory->spans[static_cast<std::size_t>(span)].begin : 0);
}

void MemoryPane::setLit(const std::optional<ChatAttribution>& attribution)
{
    const bool again = m_lit && attribution; // the same with other words
    m_lit = attribution.has_value();
    m_delegate->setLit(m_lit);
    m_delegate->setPointed(std::nullopt);
    m_model.setLit(attribution ? &*attribution : nullptr);
    m_tree->doItemsLayout();
    if (attribution && !again && !attribution->groups.empty()) {
        const auto strongest = std::max_element(attribution->groups.begin(), attribution->groups.end(),
                                                [](const SlotGroup& a, const SlotGroup& b) { return a.rise < b.rise; });
        const auto id = QString::fromStdString(strongest->memory);
        m_tree->expand(m_model.indexOf(id));
        if (const auto span = m_model.spanIndex(id, strongest->span); span.isValid())
            m_tree->setCurrentIndex(span);
    }
    m_preview->setLit(attribution);
}

/// Lit slots under the pointer: their words are marked.
void MemoryPane::pointAtSlots(QPoint position)
{
    const auto index = m_tree->indexAt(position);
    const auto slot = m_lit ? m_delegate->slotAt(m_tree->visualRect(index), index, position) : -1;
    const auto place = slot < 0 ? std::nullopt
                                : std::optional(SlotPlace{index.data(MemoryTreeModel::IdRole).toString().toStdString(),
                                                          index.data(MemoryTreeModel::SpanRole).toLongLong(), slot});
    if (place && place->memory != current().toStdString())
        m_preview->showMemory(QString::fromStdString(place->memory), -1, 0);
    m_preview->point(place);
    showPointed(place);
}

void MemoryPane::showPointed(const std::optional<SlotPlace>& place)
{
    m_delegate->setPointed(place);
    m_tree->viewport()->update();
}

} // namespace icae

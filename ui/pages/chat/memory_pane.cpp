#include "pages/chat/memory_pane.h"

#include "pages/file_dialog.h"

#include "models/text_file.h"
#include "pages/chat/library_delegate.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/pane_header.h"

#include <QAction>
#include <QClipboard>
#include <QDropEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QInputDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSplitter>
#include <QStackedLayout>
#include <QTextBlock>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestName = 40;
constexpr double weakest = 0.15; ///< share of the strongest rise from which words are lit

QString nameOf(const QString& text)
{
    auto name = text.left(longestName * 4).simplified();
    if (name.size() > longestName)
        name = name.left(longestName - 1).trimmed() + u'…';
    return name;
}

} // namespace

MemoryPane::MemoryPane(const Theme& theme, EngineClient& client, Settings& settings, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_client(client)
    , m_settings(settings)
    , m_model(this)
    , m_delegate(new LibraryDelegate(theme, MemoryTreeModel::LineRole, this))
    , m_search(new QLineEdit)
    , m_tree(new QTreeView)
    , m_empty(new EmptyState(theme, u"memory"_s, tr("No memory yet"),
                             tr("Paste a text, drop a file here, or open one: it is compressed into slots at once.")))
    , m_preview(new QPlainTextEdit)
    , m_add(new QAction(theme.icon(u"add"_s), tr("Add a text…"), this))
    , m_open(new QAction(theme.icon(u"open"_s), tr("Open texts…"), this))
    , m_paste(new QAction(tr("Paste a text"), this))
    , m_expand(new QAction(tr("Read as text, or as slots"), this))
    , m_up(new QAction(theme.icon(u"up"_s), tr("Read earlier"), this))
    , m_down(new QAction(theme.icon(u"down"_s), tr("Read later"), this))
    , m_rename(new QAction(tr("Rename the memory…"), this))
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
    m_tree->addActions({m_paste, m_expand, m_up, m_down, m_rename, m_delete, m_undo});
    m_tree->installEventFilter(this);
    m_search->setPlaceholderText(tr("Search in the memories"));
    m_search->setAccessibleName(tr("Search in the memories"));
    m_search->setClearButtonEnabled(true);
    m_preview->document()->setDocumentMargin(Theme::grid());
    m_preview->setReadOnly(true);
    m_preview->setFrameShape(QFrame::NoFrame);
    m_preview->setAccessibleName(tr("Text of the memory"));
    m_preview->viewport()->setMouseTracking(true);
    m_preview->viewport()->installEventFilter(this);
    const auto restyle = [this] { m_preview->setFont(m_theme.font(TypeRole::Reading)); };
    connect(&theme, &Theme::changed, this, restyle);
    restyle();
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
    searchLayout->setContentsMargins(Theme::grid(), Theme::grid(), Theme::grid(), 0);
    searchLayout->addWidget(m_search);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(header);
    layout->addWidget(searchRow);
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
    m_delete->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Delete));
    m_undo->setShortcut(QKeySequence::Undo);
    for (auto* action : actions()) { // texts that are edited here keep their own keys
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        addAction(action);
    }
}

QList<QAction*> MemoryPane::actions() const
{
    return {m_add, m_open, m_paste, m_expand, m_up, m_down, m_rename, m_delete, m_undo};
}

void MemoryPane::connectViews()
{
    connect(m_add, &QAction::triggered, this, &MemoryPane::askForText);
    connect(m_open, &QAction::triggered, this, &MemoryPane::openTexts);
    connect(m_paste, &QAction::triggered, this, &MemoryPane::paste);
    connect(m_expand, &QAction::triggered, this, [this] { m_model.toggleExpanded(m_tree->currentIndex()); });
    connect(m_up, &QAction::triggered, this, [this] { move(-1); });
    connect(m_down, &QAction::triggered, this, [this] { move(1); });
    connect(m_rename, &QAction::triggered, this, &MemoryPane::rename);
    connect(m_delete, &QAction::triggered, this, &MemoryPane::remove);
    connect(m_undo, &QAction::triggered, this, &MemoryPane::undo);
    connect(m_search, &QLineEdit::textChanged, this, &MemoryPane::search);
    connect(m_tree, &QTreeView::activated, this, [this](const QModelIndex& index) {
        if (index.parent().isValid())
            m_model.toggleExpanded(index);
        else
            m_tree->setExpanded(index, !m_tree->isExpanded(index));
    });
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, [this] {
        updateActions();
        showPreview();
    });
    connect(&m_model, &MemoryTreeModel::usedChanged, this, [this] {
        updateActions();
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
    m_delete->setEnabled(there);
    m_undo->setEnabled(m_deleted.has_value());
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
                           Q_EMIT listed();
                       },
                   .failed =
                       [this](const Error& why) {
                           if (why.kind() != ErrorKind::Cancelled)
                               Q_EMIT failed(why);
                       }});
}

void MemoryPane::addText(const QString& text, const QString& name)
{
    if (text.trimmed().isEmpty()) {
        Q_EMIT failed(Error(ErrorKind::InvalidInput, tr("There is no text to compress.").toStdString(),
                            tr("Copy or open one that is not empty.").toStdString()));
        return;
    }
    LibraryAddParams params;
    params.name = (name.isEmpty() ? nameOf(text) : name).toStdString();
    params.text = text.toStdString();
    m_client.call(protocol::libraryAdd, params, this, {.done = [this](const LibraryMemory& memory) {
                      m_model.put(memory, true);
                      const auto index = m_model.indexOf(QString::fromStdString(memory.id));
                      m_tree->setCurrentIndex(index);
                      Q_EMIT reported(tr("Compressed %1: %2")
                                          .arg(QString::fromStdString(memory.name),
                                               index.data(MemoryTreeModel::LineRole).toString()));
                  }});
}

void MemoryPane::addFiles(const QStringList& paths)
{
    for (const auto& path : paths) {
        try {
            addText(readTextFile(path), QFileInfo(path).completeBaseName());
        } catch (const Error& error) {
            Q_EMIT failed(error);
        }
    }
}

void MemoryPane::askForText()
{
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
    dialog->setWindowTitle(tr("Add a text"));
    dialog->setLabelText(tr("Text to compress into a memory"));
    dialog->setOkButtonText(tr("Compress"));
    dialog->resize(Theme::grid(70), Theme::grid(45));
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& text) { addText(text, {}); });
    dialog->open();
}

void MemoryPane::openTexts()
{
    auto* dialog = openDialog(this, m_settings, tr("Open texts"));
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, &MemoryPane::addFiles);
    dialog->open();
}

void MemoryPane::paste()
{
    const auto* mime = QGuiApplication::clipboard()->mimeData();
    QStringList files;
    for (const auto& url : localFiles(*mime))
        files += url.toLocalFile();
    if (files.isEmpty())
        addText(mime->text(), {});
    else
        addFiles(files);
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
    if (watched == m_preview->viewport() && event->type() == QEvent::MouseMove)
        pointAt(static_cast<QMouseEvent*>(event)->pos());
    return QWidget::eventFilter(watched, event);
}

void MemoryPane::rename()
{
    const auto* memory = m_model.find(current());
    if (memory == nullptr)
        return;
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Rename the memory"));
    dialog->setLabelText(tr("New name"));
    dialog->setTextValue(QString::fromStdString(memory->name));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, of = *memory](const QString& name) {
        m_client.call(protocol::libraryRename, {of.id, name.toStdString(), of.tags}, this,
                      {.done = [this](const LibraryMemory& renamed) { m_model.put(renamed, false); }});
    });
    dialog->open();
}

void MemoryPane::remove()
{
    const auto* memory = m_model.find(current());
    if (memory == nullptr)
        return;
    m_client.call(protocol::libraryDelete, {memory->id}, this, {.done = [this, of = *memory](const LibraryList& list) {
                      if (const auto index = m_model.indexOf(QString::fromStdString(of.id)); index.isValid())
                          m_model.setData(index, Qt::Unchecked, Qt::CheckStateRole);
                      m_deleted = of;
                      m_model.setMemories(list.memories);
                      updateActions();
                      Q_EMIT reported(tr("Deleted %1; Ctrl+Z takes it back").arg(QString::fromStdString(of.name)));
                  }});
}

void MemoryPane::undo()
{
    if (!m_deleted)
        return;
    m_client.call(protocol::libraryRestore, {m_deleted->id}, this, {.done = [this](const LibraryMemory& restored) {
                      m_deleted.reset();
                      m_model.put(restored, false);
                      m_tree->setCurrentIndex(m_model.indexOf(QString::fromStdString(restored.id)));
                      updateActions();
                  }});
}

void MemoryPane::search(const QString& words)
{
    if (m_searching >= 0)
        m_client.cancel(m_searching);
    m_searching = -1;
    if (words.trimmed().isEmpty()) {
        hide(std::nullopt);
        return;
    }
    m_searching = m_client.call(protocol::librarySearch, {words.toStdString()}, this,
                                {.done = [this](const LibrarySearchResult& found) { hide(found.ids); },
                                 .failed = [](const Error& /*overtaken*/) {}});
}

void MemoryPane::hide(const std::optional<std::vector<std::string>>& shown)
{
    const auto words = m_search->text().trimmed();
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const auto index = m_model.index(row, 0);
        const auto id = index.data(MemoryTreeModel::IdRole).toString().toStdString();
        m_tree->setRowHidden(row, {},
                             shown && std::find(shown->begin(), shown->end(), id) == shown->end()
                                 && !index.data().toString().contains(words, Qt::CaseInsensitive));
    }
}

void MemoryPane::move(int step)
{
    if (const auto to = m_model.moveBy(m_tree->currentIndex(), step); to.isValid())
        m_tree->setCurrentIndex(to);
}

void MemoryPane::showPreview()
{
    const auto id = current();
    m_preview->setVisible(m_model.find(id) != nullptr);
    if (m_model.find(id) == nullptr)
        return;
    if (const auto known = m_texts.find(id); known != m_texts.end()) {
        if (m_shown != id) {
            m_shown = id;
            m_preview->setPlainText(known->second.text);
        }
        lightPreview();
        return;
    }
    m_client.call(
        protocol::libraryText, {id.toStdString()}, this,
        {.done =
             [this, id](const LibraryText& text) {
                 m_texts.insert_or_assign(id, Source{QString::fromStdString(text.text), Utf16Offsets(text.text)});
                 if (current() == id)
                     showPreview();
             },
         .failed =
             [this](const Error& why) {
                 m_shown.clear();
                 m_preview->setPlainText(QString::fromUtf8(why.what()));
             }});
}

void MemoryPane::setLit(const std::optional<ChatAttribution>& attribution)
{
    m_lit = attribution;
    m_delegate->setLit(attribution.has_value());
    m_model.setLit(attribution ? &*attribution : nullptr);
    m_tree->doItemsLayout();
    if (attribution && !attribution->groups.empty()) {
        const auto strongest = std::max_element(attribution->groups.begin(), attribution->groups.end(),
                                                [](const SlotGroup& a, const SlotGroup& b) { return a.rise < b.rise; });
        const auto id = QString::fromStdString(strongest->memory);
        m_tree->expand(m_model.indexOf(id));
        if (const auto span = m_model.spanIndex(id, strongest->span); span.isValid())
            m_tree->setCurrentIndex(span);
    }
    lightPreview();
}

/// The words that an answer's slots hold, the more it needs them the stronger; those of the current span are shown.
void MemoryPane::lightPreview()
{
    QList<QTextEdit::ExtraSelection> marks;
    const auto known = m_texts.find(m_shown);
    const auto span = m_tree->currentIndex().data(MemoryTreeModel::SpanRole).toLongLong();
    int first = -1;
    if (known != m_texts.end()) {
        const auto place = [&](std::int64_t at) {
            return static_cast<int>(
                known->second.offsets.toUtf16(static_cast<std::size_t>(std::max<std::int64_t>(at, 0))));
        };
        double strongest = 0;
        if (m_lit)
            for (const auto& group : m_lit->groups)
                strongest = std::max(strongest, group.rise);
        double most = 0;
        if (m_lit && strongest > 0)
            for (const auto& group : m_lit->groups) {
                const auto share = group.rise / strongest;
                if (group.memory != m_shown.toStdString() || share < weakest || group.end <= group.begin)
                    continue;
                QTextEdit::ExtraSelection mark;
                mark.cursor = QTextCursor(m_preview->document());
                mark.cursor.setPosition(place(group.begin));
                mark.cursor.setPosition(place(group.end), QTextCursor::KeepAnchor);
                const auto color = m_theme.sequential(share);
                mark.format.setBackground(color);
                mark.format.setForeground(m_theme.textOn(color));
                mark.format.setUnderlineStyle(QTextCharFormat::SingleUnderline); // never colour alone
                marks.append(mark);
                if (share > most && (span < 0 || group.span == span)) {
                    most = share;
                    first = place(group.begin);
                }
            }
        const auto* memory = m_model.find(m_shown);
        if (first < 0 && span >= 0 && memory != nullptr && span < std::ssize(memory->spans))
            first = place(memory->spans[static_cast<std::size_t>(span)].begin);
    }
    m_preview->setExtraSelections(marks);
    if (first >= 0) {
        QTextCursor cursor(m_preview->document());
        cursor.setPosition(first);
        m_preview->setTextCursor(cursor);
        m_preview->centerCursor();
    }
}

/// Lit words under the pointer: their slots' span is current.
void MemoryPane::pointAt(QPoint position)
{
    const auto known = m_texts.find(m_shown);
    if (!m_lit || known == m_texts.end())
        return;
    const auto at = m_preview->cursorForPosition(position).position();
    const auto before = static_cast<std::int64_t>(known->second.offsets.toByte(at));
    for (const auto& group : m_lit->groups)
        if (group.memory == m_shown.toStdString() && group.begin <= before && before < group.end) {
            const auto span = m_model.spanIndex(m_shown, group.span);
            if (span.isValid() && span != m_tree->currentIndex()) {
                const QSignalBlocker quiet(m_tree->selectionModel()); // the preview stays where it is read
                m_tree->setCurrentIndex(span);
                m_tree->viewport()->update();
            }
            m_preview->viewport()->setToolTip(tr("Slots %1–%2 of span %3: without them the answer's loss rises by %4")
                                                  .arg(group.firstSlot + 1)
                                                  .arg(group.firstSlot + group.slots)
                                                  .arg(group.span + 1)
                                                  .arg(group.rise, 0, 'f', 2));
            return;
        }
}

} // namespace icae

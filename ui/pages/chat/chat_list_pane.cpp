#include "pages/chat/chat_list_pane.h"

#include "pages/chat/library_delegate.h"
#include "widgets/common/pane_header.h"

#include <QAction>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QSortFilterProxyModel>
#include <QToolButton>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

ChatListPane::ChatListPane(const Theme& theme, ChatStore& store, QWidget* parent)
    : QWidget(parent)
    , m_store(store)
    , m_search(new QLineEdit)
    , m_list(new QListView)
    , m_found(new QSortFilterProxyModel(this))
    , m_new(new QAction(theme.icon(u"edit"_s), tr("New chat"), this))
    , m_rename(new QAction(tr("Rename the chat…"), this))
    , m_delete(new QAction(theme.icon(u"trash"_s), tr("Delete the chat"), this))
    , m_undo(new QAction(theme.icon(u"refresh"_s), tr("Undo delete"), this))
    , m_searchAction(new QAction(tr("Search in all chats"), this))
{
    m_new->setShortcut(QKeySequence::New);
    m_rename->setShortcut(QKeySequence(Qt::Key_F2));
    m_delete->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Delete));
    m_undo->setShortcut(QKeySequence::Undo);
    m_searchAction->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F));
    for (auto* action : {m_rename, m_delete, m_undo})
        action->setShortcutContext(Qt::WidgetShortcut); // of the list
    m_found->setSourceModel(&store.list());
    m_found->setFilterRole(ChatListModel::WordsRole);
    m_list->setModel(m_found);
    m_list->setItemDelegate(new LibraryDelegate(theme, ChatListModel::LineRole, m_list));
    m_list->setUniformItemSizes(true);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setMouseTracking(true);
    m_list->setObjectName(u"chats"_s);
    m_list->setAccessibleName(tr("Chats"));
    m_list->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_list->addActions({m_new, m_rename, m_delete, m_undo});
    m_search->setPlaceholderText(tr("Search in all chats"));
    m_search->setAccessibleName(tr("Search in all chats"));
    m_search->setClearButtonEnabled(true);
    auto* title = new QLabel(tr("Chats"));
    auto semibold = theme.font(TypeRole::Body);
    semibold.setWeight(QFont::DemiBold);
    title->setFont(semibold);
    auto* header = new PaneHeader;
    header->row().addWidget(title, 1);
    for (auto* action : {m_undo, m_new}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setToolTip(u"%1 (%2)"_s.arg(action->text(), action->shortcut().toString(QKeySequence::NativeText)));
        header->row().addWidget(button);
        if (action == m_undo) {
            button->setVisible(false);
            connect(m_undo, &QAction::changed, button, [this, button] { button->setVisible(m_undo->isEnabled()); });
        }
    }
    auto* searchRow = new QWidget;
    auto* searchLayout = new QHBoxLayout(searchRow);
    searchLayout->setContentsMargins(Theme::grid(), Theme::grid(), Theme::grid(), Theme::grid(0.5));
    searchLayout->addWidget(m_search);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(header);
    layout->addWidget(searchRow);
    layout->addWidget(m_list, 1);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    connect(m_new, &QAction::triggered, this, &ChatListPane::newRequested);
    connect(m_rename, &QAction::triggered, this, &ChatListPane::rename);
    connect(m_delete, &QAction::triggered, this, [this] {
        const auto id = current();
        if (const auto chat = m_store.list().find(id)) {
            m_store.remove(id);
            updateActions();
            Q_EMIT reported(tr("Deleted %1; Ctrl+Z takes it back").arg(QString::fromStdString(chat->title())));
        }
    });
    connect(m_undo, &QAction::triggered, this, [this] {
        select(m_store.undo());
        updateActions();
    });
    connect(m_searchAction, &QAction::triggered, m_search, [this] { m_search->setFocus(Qt::ShortcutFocusReason); });
    connect(m_search, &QLineEdit::textChanged, this,
            [this](const QString& words) { m_found->setFilterFixedString(words.trimmed().toCaseFolded()); });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, [this] {
        updateActions();
        Q_EMIT currentChanged(current());
    });
    updateActions();
}

QList<QAction*> ChatListPane::actions() const
{
    return {m_new, m_searchAction, m_rename, m_delete, m_undo};
}

std::string ChatListPane::current() const
{
    return m_list->currentIndex().data(ChatListModel::IdRole).toString().toStdString();
}

void ChatListPane::select(const std::string& id)
{
    const auto row = m_store.list().rowOf(id);
    m_list->setCurrentIndex(row < 0 ? QModelIndex() : m_found->mapFromSource(m_store.list().index(row)));
}

void ChatListPane::rename()
{
    const auto id = current();
    const auto chat = m_store.list().find(id);
    if (!chat)
        return;
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Rename the chat"));
    dialog->setLabelText(tr("New name"));
    dialog->setTextValue(QString::fromStdString(chat->title()));
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, id](const QString& name) { Q_EMIT renamed(id, name.trimmed().toStdString()); });
    dialog->open();
}

void ChatListPane::updateActions()
{
    const bool any = m_list->currentIndex().isValid();
    m_rename->setEnabled(any);
    m_delete->setEnabled(any);
    m_undo->setEnabled(m_store.canUndo());
}

} // namespace icae

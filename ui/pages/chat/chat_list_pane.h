#pragma once

#include "session/chat_store.h"
#include "session/theme.h"

#include <QWidget>

class QAction;
class QLineEdit;
class QListView;
class QSortFilterProxyModel;

namespace icae {

/// All chats, and a search over what is said in them.
class ChatListPane : public QWidget {
    Q_OBJECT

public:
    ChatListPane(const Theme& theme, ChatStore& store, QWidget* parent = nullptr);

    QListView& list() { return *m_list; }
    QLineEdit& search() { return *m_search; }
    QList<QAction*> actions() const;
    QAction* newAction() const { return m_new; }

    void select(const std::string& id);

Q_SIGNALS:
    void newRequested();
    void currentChanged(const std::string& id);
    void renamed(const std::string& id, const std::string& name);
    void reported(const QString& sentence);

private:
    std::string current() const;
    void rename();
    void updateActions();

    ChatStore& m_store;
    QLineEdit* m_search;
    QListView* m_list;
    QSortFilterProxyModel* m_found;
    QAction* m_new;
    QAction* m_rename;
    QAction* m_delete;
    QAction* m_undo;
    QAction* m_searchAction;
};

} // namespace icae

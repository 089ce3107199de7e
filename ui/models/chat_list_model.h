#pragma once

#include "models/conversation.h"

#include <QAbstractListModel>

#include <vector>

namespace icae {

/// A chat with what a search over all of them looks at.
struct ListedChat {
    ConversationPtr chat;
    QString words; ///< Conversation::searchText()
};

/// Chats. Rows keep their order while they are there, so that nothing moves under a pointer; new ones come first.
class ChatListModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role {
        IdRole = Qt::UserRole,
        LineRole, ///< "3 questions · 2 memories"
        WordsRole, ///< for a search
    };

    using QAbstractListModel::QAbstractListModel;

    void setChats(std::vector<ListedChat> chats);
    /// Takes the place of the one with its id, or becomes the first row.
    void put(ListedChat chat);
    /// @return null where there is none
    ConversationPtr take(const std::string& id);
    ConversationPtr find(const std::string& id) const; ///< null where there is none
    int rowOf(const std::string& id) const; ///< −1 where it is not there
    std::vector<ConversationPtr> all() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::vector<ListedChat> m_chats;
};

} // namespace icae

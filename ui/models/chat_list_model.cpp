#include "models/chat_list_model.h"

#include <QStringList>

#include <algorithm>
#include <set>

namespace icae {

using namespace Qt::StringLiterals;

void ChatListModel::setChats(std::vector<ListedChat> chats)
{
    beginResetModel();
    m_chats = std::move(chats);
    endResetModel();
}

int ChatListModel::rowOf(const std::string& id) const
{
    const auto found =
        std::find_if(m_chats.begin(), m_chats.end(), [&](const ListedChat& one) { return one.chat->id == id; });
    return found == m_chats.end() ? -1 : static_cast<int>(found - m_chats.begin());
}

ConversationPtr ChatListModel::find(const std::string& id) const
{
    const auto row = rowOf(id);
    return row < 0 ? nullptr : m_chats[static_cast<std::size_t>(row)].chat;
}

std::vector<ConversationPtr> ChatListModel::all() const
{
    std::vector<ConversationPtr> chats;
    for (const auto& one : m_chats)
        chats.push_back(one.chat);
    return chats;
}

void ChatListModel::put(ListedChat chat)
{
    const auto row = rowOf(chat.chat->id);
    if (row < 0) {
        beginInsertRows({}, 0, 0);
        m_chats.insert(m_chats.begin(), std::move(chat));
        endInsertRows();
    } else {
        m_chats[static_cast<std::size_t>(row)] = std::move(chat);
        Q_EMIT dataChanged(index(row), index(row));
    }
}

ConversationPtr ChatListModel::take(const std::string& id)
{
    const auto row = rowOf(id);
    if (row < 0)
        return nullptr;
    beginRemoveRows({}, row, row);
    const auto chat = m_chats[static_cast<std::size_t>(row)].chat;
    m_chats.erase(m_chats.begin() + row);
    endRemoveRows();
    return chat;
}

int ChatListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_chats.size());
}

QVariant ChatListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto& [chat, words] = m_chats[static_cast<std::size_t>(index.row())];
    const auto line = [&chat = chat] {
        std::set<std::string> memories;
        for (const auto& question : chat->questions())
            for (const auto& memory : question.memories)
                memories.insert(memory.id);
        const auto count = [](std::size_t number, const QString& one, const QString& many) {
            return number == 1 ? one : many.arg(number);
        };
        QStringList parts{count(chat->questions().size(), tr("1 question"), tr("%1 questions"))};
        if (!memories.empty())
            parts += count(memories.size(), tr("1 memory"), tr("%1 memories"));
        const auto& votes = chat->votes();
        const auto cast =
            votes.size() - static_cast<std::size_t>(std::count_if(votes.begin(), votes.end(), [](const ChatVote& vote) {
                return vote.preference == Preference::Pending;
            }));
        if (cast > 0)
            parts += count(cast, tr("1 vote"), tr("%1 votes"));
        return parts.join(u" · "_s);
    };
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return QString::fromStdString(chat->title());
    case IdRole:
        return QString::fromStdString(chat->id);
    case LineRole:
        return line();
    case WordsRole:
        return words;
    case Qt::AccessibleTextRole:
        return u"%1, %2"_s.arg(QString::fromStdString(chat->title()), line());
    default:
        return {};
    }
}

} // namespace icae

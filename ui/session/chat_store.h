#pragma once

#include "models/chat_list_model.h"
#include "protocol/error.h"

#include <QFuture>
#include <QFutureWatcher>
#include <QObject>

#include <map>
#include <vector>

namespace icae {

/// The chats of the window's machine, a file each in one folder: read once, written whole or not at all a moment after
/// they changed, both off the main thread. What cannot be read is left as it is and said once.
class ChatStore : public QObject {
    Q_OBJECT

public:
    explicit ChatStore(QString folder, QObject* parent = nullptr);
    ~ChatStore() override; ///< waits until all is written

    /// Begins to read; loaded() follows.
    void load();
    bool isLoaded() const { return m_loaded; }
    ChatListModel& list() { return m_list; }

    static Conversation make(); ///< an empty chat with an id of its own
    /// Shown at once, written soon.
    void put(const Conversation& chat);
    /// To the trash folder; undo() brings it back.
    void remove(const std::string& id);
    bool canUndo() const { return !m_removed.empty(); }
    std::string undo(); ///< @return the id of what is back
    /// Another program's, or one that was exported. It gets an id of its own.
    /// @throws Error where it is none
    std::string import(const QString& file);

Q_SIGNALS:
    void loaded();
    void failed(const icae::Error& why);

private:
    struct Loaded {
        std::vector<ListedChat> chats;
        std::vector<Error> faults;
    };

    struct Change {
        ConversationPtr chat;
        bool removed = false;
    };

    static Loaded read(const QString& folder);
    QString fileOf(const std::string& id) const;
    void writeNext();

    QString m_folder;
    ChatListModel m_list;
    bool m_loaded = false;
    QFutureWatcher<Loaded> m_reading;
    std::map<std::string, Change> m_unwritten;
    QFutureWatcher<std::optional<Error>> m_writing;
    std::vector<ConversationPtr> m_removed;
};

} // namespace icae

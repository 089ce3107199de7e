#pragma once

#include "session/chat_store.h"
#include "session/engine_client.h"
#include "session/settings.h"

#include <QObject>

class QWidget;

namespace icae {

/// What leaves the Chat page as a file, and chats that come in as one.
class ChatExports : public QObject {
    Q_OBJECT

public:
    enum class Export { Markdown, Json, JsonWithTexts };

    /// @param page over which dialogs open, and whose the requests are
    ChatExports(EngineClient& client, Settings& settings, ChatStore& store, QWidget* page);

    void exportAs(Export what, const Conversation& chat);
    void importChat();

Q_SIGNALS:
    void imported(const std::string& id);
    void reported(const QString& sentence);
    void failed(const icae::Error& why);

private:
    void exportWithTexts(const Conversation& chat, const QString& file);
    void save(const QString& file, const std::string& content);

    EngineClient& m_client;
    Settings& m_settings;
    ChatStore& m_store;
    QWidget* m_page;
};

} // namespace icae

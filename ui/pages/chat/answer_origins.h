#pragma once

#include "protocol/chat_requests.h"
#include "session/engine_client.h"

#include <QObject>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace icae {

/// Where answers are from: which slots, and once that is known, which words those hold. What was looked up is kept
/// while the chat is shown.
class AnswerOrigins : public QObject {
    Q_OBJECT

public:
    /// @param page whose requests these are
    AnswerOrigins(EngineClient& client, QObject* page);

    void clear(); ///< another chat is shown
    /// Lights the slots of an answer, or puts them out.
    void toggle(std::int64_t answer, const ChatAttributeParams& params);
    std::int64_t lit() const { return m_lit; } ///< answer; −1: none
    std::optional<ChatAttribution> attribution() const; ///< of the lit one
    void giveWay(); ///< somebody asks: words that are still being looked up stay as they are

Q_SIGNALS:
    void changed();

private:
    struct Known {
        ChatAttributeParams params;
        ChatAttribution attribution;
    };

    void look(std::int64_t answer, const ChatAttributeParams& params, bool measured);
    void mapWords(std::int64_t answer);

    EngineClient& m_client;
    QObject* m_page;
    std::map<std::int64_t, Known> m_known; ///< by answer
    std::set<std::pair<std::string, std::int64_t>> m_mapped; ///< memory and span: asked for once
    std::int64_t m_lit = -1;
    std::int64_t m_mapping = -1; ///< request
    std::int64_t m_generation = 0; ///< of chats: what comes for an earlier one is nobody's
};

} // namespace icae

#pragma once

#include "protocol/chat_requests.h"
#include "session/engine_client.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <string>
#include <vector>

namespace icae {

/// One question being answered, in one context or several, as it streams.
class AnswerRun : public QObject {
    Q_OBJECT

public:
    /// @param parent the page: what is asked is its own, and stopped with it
    AnswerRun(EngineClient& client, QObject* parent);

    /// @param answers ids in the chat, one a context
    void start(const std::string& chat, std::vector<std::int64_t> answers, const ChatAskParams& params);
    void stop();
    bool isRunning() const { return m_request >= 0; }

    const std::string& chat() const { return m_chat; }
    const std::vector<std::int64_t>& answers() const { return m_answers; }
    const std::string& text(std::size_t part) const { return m_parts[part].text; } ///< with what was begun
    std::int64_t tokens(std::size_t part) const { return m_parts[part].tokens; }
    /// Tokens a second since its first one; 0 while there is none to tell.
    double rate(std::size_t part) const;

Q_SIGNALS:
    void grew(); ///< at most 30 times a second
    /// Texts are whole. Ended by a stop too.
    void finished(const icae::ChatAskResult& result);
    void failed(const icae::Error& why); ///< what was written so far stays

private:
    struct Part {
        std::string text;
        std::int64_t tokens = 0;
        qint64 firstToken = -1; ///< milliseconds after the start
    };

    void append(const TokensNote& note);
    void finish(const ChatAskResult& result);
    void fail(const Error& why);

    EngineClient& m_client;
    std::int64_t m_request = -1;
    std::string m_chat;
    std::vector<std::int64_t> m_answers;
    std::vector<Part> m_parts;
    std::string m_begun;
    QElapsedTimer m_clock;
    QTimer m_tell;
};

} // namespace icae

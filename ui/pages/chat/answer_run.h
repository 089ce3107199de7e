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

    /// What is asked at once: an answer a context.
    struct Task {
        std::vector<std::int64_t> answers; ///< ids in the chat
        ChatAskParams params;
    };
    /// An answer that is whole.
    struct Written {
        std::int64_t answer = 0;
        ChatPartResult part;
        std::string model;
        std::string adapter;
        std::string adapterSha256;
    };

    /// One task after the other.
    void start(const std::string& chat, std::vector<Task> tasks);
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
    void finished(const std::vector<icae::AnswerRun::Written>& answers);
    void failed(const icae::Error& why); ///< what was written so far stays

private:
    struct Part {
        std::string text;
        std::int64_t tokens = 0;
        qint64 firstToken = -1; ///< milliseconds after the start
    };

    void next();
    void append(const TokensNote& note);
    void finish(const ChatAskResult& result);
    void fail(const Error& why);

    EngineClient& m_client;
    std::int64_t m_request = -1;
    std::string m_chat;
    std::vector<std::int64_t> m_answers;
    std::vector<Part> m_parts;
    std::vector<Task> m_tasks; ///< that are still to be asked, the present one first
    std::size_t m_first = 0; ///< index of its first answer
    std::vector<Written> m_written;
    bool m_stopped = false;
    QElapsedTimer m_clock;
    QTimer m_tell;
};

} // namespace icae

#include "pages/chat/answer_run.h"

#include <utility>

namespace icae {

namespace {

constexpr int tellMilliseconds = 33;

} // namespace

AnswerRun::AnswerRun(EngineClient& client, QObject* parent)
    : QObject(parent)
    , m_client(client)
{
    m_tell.setSingleShot(true);
    m_tell.setInterval(tellMilliseconds);
    connect(&m_tell, &QTimer::timeout, this, &AnswerRun::grew);
}

void AnswerRun::start(const std::string& chat, std::vector<std::int64_t> answers, const ChatAskParams& params)
{
    m_chat = chat;
    m_answers = std::move(answers);
    m_begun = params.begun;
    m_parts.assign(m_answers.size(), Part{m_begun});
    m_clock.start();
    m_request = m_client.call(protocol::chatAsk, params, this,
                              {.done = [this](const ChatAskResult& result) { finish(result); },
                               .failed = [this](const Error& why) { fail(why); },
                               .tokens = [this](const TokensNote& note) { append(note); }});
}

void AnswerRun::stop()
{
    if (isRunning())
        m_client.cancel(m_request);
}

double AnswerRun::rate(std::size_t part) const
{
    const auto& of = m_parts[part];
    const auto since = m_clock.elapsed() - of.firstToken;
    return of.firstToken < 0 || of.tokens < 2 || since <= 0
        ? 0
        : 1000 * static_cast<double>(of.tokens - 1) / static_cast<double>(since);
}

void AnswerRun::append(const TokensNote& note)
{
    for (const auto& piece : note.pieces) {
        if (piece.part < 0 || piece.part >= std::ssize(m_parts))
            continue;
        auto& part = m_parts[static_cast<std::size_t>(piece.part)];
        if (part.firstToken < 0)
            part.firstToken = m_clock.elapsed();
        part.text += piece.text;
        part.tokens += piece.tokens;
    }
    if (!m_tell.isActive())
        m_tell.start();
}

void AnswerRun::finish(const ChatAskResult& result)
{
    m_tell.stop();
    m_request = -1;
    for (std::size_t i = 0; i < m_parts.size() && i < result.parts.size(); ++i) {
        m_parts[i].text = m_begun + result.parts[i].text;
        m_parts[i].tokens = result.parts[i].tokens;
    }
    Q_EMIT finished(result);
}

void AnswerRun::fail(const Error& why)
{
    m_tell.stop();
    m_request = -1;
    Q_EMIT failed(why);
}

} // namespace icae

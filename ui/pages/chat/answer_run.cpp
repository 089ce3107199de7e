#include "pages/chat/answer_run.h"

#include <algorithm>
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

void AnswerRun::start(const std::string& chat, std::vector<Task> tasks)
{
    m_chat = chat;
    m_tasks = std::move(tasks);
    m_answers.clear();
    m_parts.clear();
    for (const auto& task : m_tasks)
        for (const auto answer : task.answers) {
            m_answers.push_back(answer);
            m_parts.push_back(Part{task.params.begun});
        }
    m_written.clear();
    m_first = 0;
    m_stopped = false;
    next();
}

void AnswerRun::next()
{
    m_clock.start();
    m_request = m_client.call(protocol::chatAsk, m_tasks.front().params, this,
                              {.done = [this](const ChatAskResult& result) { finish(result); },
                               .failed = [this](const Error& why) { fail(why); },
                               .tokens = [this](const TokensNote& note) { append(note); }});
}

void AnswerRun::stop()
{
    m_stopped = true;
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
        if (piece.part < 0 || piece.part >= std::ssize(m_tasks.front().answers))
            continue;
        auto& part = m_parts[m_first + static_cast<std::size_t>(piece.part)];
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
    const auto& task = m_tasks.front();
    for (std::size_t i = 0; i < task.answers.size() && i < result.parts.size(); ++i) {
        m_parts[m_first + i].text = task.params.begun + result.parts[i].text;
        m_parts[m_first + i].tokens = result.parts[i].tokens;
        m_written.push_back({task.answers[i], result.parts[i], result.model, result.adapter, result.adapterSha256});
    }
    const bool stopped = m_stopped || std::any_of(result.parts.begin(), result.parts.end(), [](const auto& part) {
                             return part.ended == ReadEnd::Stopped; // by whoever has Esc
                         });
    m_first += task.answers.size();
    m_tasks.erase(m_tasks.begin());
    if (!m_tasks.empty() && !stopped)
        return next();
    m_request = -1;
    Q_EMIT finished(m_written);
}

void AnswerRun::fail(const Error& why)
{
    m_tell.stop();
    m_request = -1;
    Q_EMIT failed(why);
}

} // namespace icae

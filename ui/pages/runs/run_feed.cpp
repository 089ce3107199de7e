#include "pages/runs/run_feed.h"

#include <QtConcurrent>

#include <chrono>

namespace icae {

using namespace std::chrono_literals;

namespace {

/// Nothing is wrong with what was asked for: it is asked for again.
bool isPassing(const Error& why)
{
    return why.kind() == ErrorKind::EngineLost || why.kind() == ErrorKind::Cancelled;
}

} // namespace

RunFeed::RunFeed(EngineClient& client, std::vector<RunKind> kinds, QObject* parent)
    : QObject(parent)
    , m_client(client)
    , m_list(std::move(kinds))
{
    m_timer.setInterval(1s);
    connect(&m_timer, &QTimer::timeout, this, &RunFeed::refresh);
    connect(&m_client, &EngineClient::stateChanged, this, [this](EngineClient::State state) {
        if (state == EngineClient::State::Ready && m_timer.isActive())
            refresh();
    });
}

void RunFeed::setFolders(const QStringList& folders)
{
    m_folders.clear();
    for (const auto& folder : folders)
        m_folders.push_back(folder.toStdString());
    refresh();
}

void RunFeed::setWatching(bool watching)
{
    if (watching == m_timer.isActive())
        return;
    if (watching) {
        m_timer.start();
        refresh();
    } else {
        m_timer.stop();
    }
}

void RunFeed::refresh()
{
    if (m_client.state() != EngineClient::State::Ready)
        return;
    for (const auto& run : std::as_const(m_shown))
        read(run);
    if (m_listing)
        return;
    m_listing = true;
    m_client.call(protocol::runsList, {m_folders}, this,
                  {.done =
                       [this](const RunList& found) {
                           m_listing = false;
                           m_listed = true;
                           m_list.setRuns(found.runs);
                           m_problems = found.problems;
                           Q_EMIT listed();
                       },
                   .failed =
                       [this](const Error& why) {
                           m_listing = false;
                           fail(why);
                       }});
}

void RunFeed::setShown(const QStringList& runs)
{
    m_shown = {runs.begin(), runs.end()};
    std::erase_if(m_readings, [&](const auto& one) { return !m_shown.contains(one.first) && !one.second.busy; });
    for (const auto& run : runs) {
        m_readings[run].whole = false; // it may have been resumed meanwhile
        read(run);
    }
}

RunFeed::Document RunFeed::anyDocument(const QString& run) const
{
    const auto found = m_readings.find(run);
    return found == m_readings.end() ? nullptr : found->second.document;
}

void RunFeed::read(const QString& run)
{
    auto& reading = m_readings[run];
    const auto* info = m_list.find(run.toStdString());
    const bool alive = info != nullptr && isAlive(info->status.state);
    if (reading.busy || (reading.whole && !alive) || m_client.state() != EngineClient::State::Ready)
        return;
    reading.busy = true;
    m_client.call(protocol::runsRead, {run.toStdString(), reading.position}, this,
                  {.done = [this, run](const RunContent& content) { take(run, content); },
                   .failed =
                       [this, run](const Error& why) {
                           m_readings[run].busy = false;
                           m_readings[run].whole = !isPassing(why);
                           fail(why);
                       }});
}

void RunFeed::take(const QString& run, const RunContent& content)
{
    auto& reading = m_readings[run];
    reading.position = content.position;
    reading.whole = !content.more && !isAlive(content.info.status.state);
    const auto goOn = [this, run, more = content.more] {
        m_readings[run].busy = false;
        if (more && m_shown.contains(run))
            read(run);
    };
    auto work = digest(run, reading.document, content);
    if (!work) {
        goOn();
        return;
    }
    QtConcurrent::run(std::move(work)).then(this, [this, run, goOn](const Document& document) {
        m_readings[run].document = document;
        m_lastFault.clear();
        Q_EMIT documentChanged(run);
        goOn();
    });
}

void RunFeed::fail(const Error& why)
{
    if (isPassing(why))
        return;
    const auto fault = QString::fromStdString(why.message());
    if (fault == m_lastFault)
        return;
    m_lastFault = fault;
    Q_EMIT failed(why);
}

} // namespace icae

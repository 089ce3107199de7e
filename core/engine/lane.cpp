#include "engine/lane.h"

#include <algorithm>
#include <utility>

namespace icae {

Lane::Lane()
    : m_thread([this](const std::stop_token& ended) { work(ended); })
{
}

Lane::~Lane()
{
    m_thread.request_stop();
    cancelAll();
}

void Lane::add(const RequestId& id, Job job, Rank rank)
{
    {
        const std::scoped_lock lock(m_mutex);
        insert({id, std::move(job), rank, {}}, false);
        if (rank == Rank::Person && m_runningRank == Rank::Background && !m_running.isNull() && !m_answers
            && !m_stopRunning.stop_requested()) {
            m_givesWay = true;
            m_stopRunning.request_stop();
        }
    }
    m_changed.notify_one();
}

/// Behind those of its rank, or in front of them.
void Lane::insert(Entry entry, bool first)
{
    const auto rank = entry.rank;
    const auto place = std::find_if(m_waiting.begin(), m_waiting.end(), [&](const Entry& other) {
        return other.rank > rank || (first && other.rank == rank);
    });
    m_waiting.insert(place, std::move(entry));
}

void Lane::cancel(const RequestId& id)
{
    std::deque<Entry> cancelled;
    {
        const std::scoped_lock lock(m_mutex);
        if (m_running == id) {
            m_givesWay = false;
            m_stopRunning.request_stop();
        }
        const auto found =
            std::find_if(m_waiting.begin(), m_waiting.end(), [&](const Entry& entry) { return entry.id == id; });
        if (found != m_waiting.end()) {
            cancelled.push_back(std::move(*found));
            m_waiting.erase(found);
        }
    }
    for (auto& entry : cancelled)
        runStopped(entry);
}

void Lane::cancelAll()
{
    std::deque<Entry> cancelled;
    {
        const std::scoped_lock lock(m_mutex);
        m_givesWay = false;
        m_stopRunning.request_stop();
        cancelled = std::exchange(m_waiting, {});
    }
    for (auto& entry : cancelled)
        runStopped(entry);
}

bool Lane::has(const RequestId& id) const
{
    const std::scoped_lock lock(m_mutex);
    return m_running == id
        || std::any_of(m_waiting.begin(), m_waiting.end(), [&](const Entry& entry) { return entry.id == id; });
}

std::int64_t Lane::waiting() const
{
    const std::scoped_lock lock(m_mutex);
    return static_cast<std::int64_t>(m_waiting.size());
}

bool Lane::mayAnswer()
{
    const std::scoped_lock lock(m_mutex);
    m_answers = !m_givesWay;
    if (m_answers)
        m_running = {}; // who has the answer may use the id again
    return m_answers;
}

void Lane::work(const std::stop_token& ended)
{
    std::unique_lock lock(m_mutex);
    while (m_changed.wait(lock, ended, [this] { return !m_waiting.empty(); }) && !ended.stop_requested()) {
        auto entry = std::move(m_waiting.front());
        m_waiting.pop_front();
        m_running = entry.id;
        m_runningRank = entry.rank;
        m_stopRunning = entry.stop;
        m_givesWay = false;
        m_answers = false;
        lock.unlock();
        entry.job(Turn(this, entry.stop.get_token()));
        lock.lock();
        const bool unanswered = !m_answers;
        const bool again = unanswered && m_givesWay;
        if (again) {
            entry.stop = {};
            insert(std::move(entry), true);
        }
        m_running = {};
        lock.unlock();
        if (unanswered && !again) // cancelled after it gave way
            runStopped(entry);
        entry.job = nullptr; // what it holds may take long to destroy
        lock.lock();
    }
}

void Lane::runStopped(Entry& entry)
{
    entry.stop.request_stop();
    entry.job(Turn(nullptr, entry.stop.get_token()));
}

} // namespace icae

#pragma once

#include "protocol/request_id.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace icae {

/// Runs jobs one at a time on a thread of its own: those of a person in order, background work when there are none. A
/// person's job ends the background job that runs within what that one takes to see a stop request; it begins anew
/// after.
class Lane {
public:
    enum class Rank { Person, Background };

    /// What a job knows while it runs.
    class Turn {
    public:
        Turn(Lane* lane, std::stop_token stop)
            : m_lane(lane)
            , m_stop(std::move(stop))
        {
        }
        const std::stop_token& stop() const { return m_stop; }
        /// Call once, before the job answers. False: it gave way to a person's job and must not; it will run again.
        bool mayAnswer() const { return m_lane == nullptr || m_lane->mayAnswer(); }

    private:
        Lane* m_lane; ///< null for a job that was cancelled while it waited
        std::stop_token m_stop;
    };
    /// Must not throw. Where the token asks to stop before it starts, it has to return at once.
    using Job = std::function<void(const Turn& turn)>;

    Lane();
    ~Lane(); ///< cancels everything, and waits for the running job
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    void add(const RequestId& id, Job job, Rank rank = Rank::Person);
    /// Asks the running job to stop; a waiting one is run on the calling thread, stopped.
    void cancel(const RequestId& id);
    void cancelAll();
    bool has(const RequestId& id) const;
    std::int64_t waiting() const;

private:
    struct Entry {
        RequestId id;
        Job job;
        Rank rank = Rank::Person;
        std::stop_source stop;
    };
    void work(const std::stop_token& ended);
    bool mayAnswer();
    void insert(Entry entry, bool first);
    static void runStopped(Entry& entry);

    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<Entry> m_waiting; ///< a person's first
    RequestId m_running; ///< null where none runs
    Rank m_runningRank = Rank::Person;
    std::stop_source m_stopRunning;
    bool m_givesWay = false; ///< the running job is to begin anew
    bool m_answers = false; ///< it has said that it answers
    std::jthread m_thread; ///< last: uses all the others
};

} // namespace icae

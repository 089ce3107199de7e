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

/// Runs jobs one at a time, in order, on a thread of its own.
class Lane {
public:
    /// Must not throw. Where the token asks to stop before it starts, it has to return at once.
    using Job = std::function<void(const std::stop_token& stop)>;

    Lane();
    ~Lane(); ///< cancels everything, and waits for the running job
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    void add(const RequestId& id, Job job);
    /// Asks the running job to stop; a waiting one is run on the calling thread, stopped.
    void cancel(const RequestId& id);
    void cancelAll();
    bool has(const RequestId& id) const;
    std::int64_t waiting() const;

private:
    struct Entry {
        RequestId id;
        Job job;
        std::stop_source stop;
    };
    void work(const std::stop_token& ended);
    static void runStopped(Entry& entry);

    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<Entry> m_waiting;
    RequestId m_running; ///< null where none runs
    std::stop_source m_stopRunning;
    std::jthread m_thread; ///< last: uses all the others
};

} // namespace icae

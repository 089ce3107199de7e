#pragma once

#include "train/batch.h"

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace icae {

/// Prepares batches in other threads, in the order of their numbers.
class Prefetcher {
public:
    /// @param source must outlive this
    /// @param first number of the first batch
    Prefetcher(const BatchSource& source, std::int64_t first);
    ~Prefetcher();
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    /// The next batch; waits where it is not ready. @throws what preparing it threw
    Batch next();

private:
    void work();
    void stop();

    const BatchSource& m_source;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::map<std::int64_t, Batch> m_ready;
    std::int64_t m_next; ///< to be handed out
    std::int64_t m_started; ///< to be prepared next
    bool m_stopping = false;
    std::exception_ptr m_fault;
    std::vector<std::jthread> m_workers;
};

} // namespace icae

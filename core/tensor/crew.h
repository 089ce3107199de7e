#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace icae {

/// Work in chunks that threads may compute in any order, and more than once.
class ChunkedWork {
public:
    ChunkedWork() = default;
    ChunkedWork(const ChunkedWork&) = delete;
    ChunkedWork& operator=(const ChunkedWork&) = delete;
    virtual ~ChunkedWork() = default;

    virtual std::int64_t chunks() const = 0;
    /// What changes from one run to the next. All else that compute() reads must stay as it is while a crew lives.
    virtual std::span<const float> input() const = 0;
    /// Numbers that compute() needs room for.
    virtual std::int64_t roomNeeded() const = 0;
    /// Computes a chunk. Called by several threads at once, perhaps for the same chunk.
    /// @param input what input() gave, or a copy of it
    /// @param argument as given to Crew::run
    virtual void compute(std::int64_t chunk, const float* input, std::int64_t argument, float* room) const = 0;
    /// Puts what compute() left in `room` in its place: once a chunk, before Crew::run returns.
    virtual void deliver(std::int64_t chunk, const float* room) = 0;
};

/// Shares chunked work out between the calling thread and helpers of its own, in tens of microseconds. Nothing waits
/// for a helper whose core is busy elsewhere: the caller does the chunk again itself, and the late result is dropped.
class Crew {
public:
    /// @param threads including the caller's; fewer where the system gives no more
    /// @param inputSize, room most numbers that any work has as input() and asks for by roomNeeded()
    Crew(int threads, std::int64_t inputSize, std::int64_t room);
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    int threads() const { return static_cast<int>(m_helpers.size()) + 1; }

    /// Computes and delivers all chunks. Always called by the same thread. The work must live as long as the crew.
    void run(ChunkedWork& work, std::int64_t argument = 0);

private:
    struct Helper;

    std::int64_t claim(std::uint32_t run);
    void computeHere(std::int64_t chunk);
    void finish(Helper& helper, std::chrono::steady_clock::time_point deadline);
    void help(Helper& helper);
    void helpWith(std::uint32_t run, Helper& helper);
    bool waitForWork();

    // Apart from the rest, since all threads write it all the time.
    /// The number of the run and how many of its chunks nobody has claimed yet.
    alignas(64) std::atomic<std::uint64_t> m_ticket{0};

    // The current run; written between runs, when no helper may read it.
    alignas(64) ChunkedWork* m_work = nullptr;
    std::int64_t m_argument = 0;
    std::int64_t m_chunks = 0;

    std::atomic<bool> m_asleep{false}; ///< a helper may sleep
    std::atomic<bool> m_ending{false};
    std::mutex m_mutex;
    std::condition_variable m_wake;

    std::vector<float> m_room;
    std::vector<std::unique_ptr<Helper>> m_helpers;
};

} // namespace icae

#pragma once

#include "protocol/error.h"
#include "train/rank_group.h"
#include "train/rank_launch.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace icae {

/// What a rank's main thread does, as far as the others must know.
enum class RankPhase {
    Preparing, ///< reads what it needs, however long that takes
    Working,
    Waiting, ///< for the other ranks
    Paused, ///< gives way to a person
};

/// Sees to it that ranks end together: a thread that tells the others that this process lives, hears of a stop or a
/// failure anywhere, and ends this process where its main thread cannot, whatever that hangs in.
///
/// Rank 0 looks after all: at the processes that it started, at once; at others by their beats; at the progress of
/// their main threads. The others look after rank 0, by the store that it has.
class RankGuard {
public:
    struct Settings {
        RankPlace place;
        std::chrono::seconds patience{600}; ///< without progress, after which a rank hangs
        std::stop_token asked; ///< to stop, on this rank
        /// Called in the guard's thread before the process is ended: the sentence that others are to find. May be empty
        std::function<void(const Error&)> lastWords;
    };

    /// @param store a connection of the guard's own
    /// @param processes that this rank started; empty where it is not the first, or started none
    RankGuard(std::shared_ptr<RankStore> store, Settings settings, RankProcesses* processes);
    ~RankGuard();
    RankGuard(const RankGuard&) = delete;
    RankGuard& operator=(const RankGuard&) = delete;

    void enter(RankPhase phase);
    /// The main thread is a bit further.
    void progress() { ++m_progress; }

    /// Requested as soon as any rank was asked to stop, or has failed.
    std::stop_token stop() const { return m_stop.get_token(); }

    /// @throws Error where a rank has failed: all have to end
    void check();
    /// The main thread met a fault that may come from another rank's end: waits until it is known.
    /// @throws Error what is known, else the fault
    [[noreturn]] void explain(const Error& fault);

    /// Tells all others that this rank fails, unless another did before.
    /// @param store of the calling thread
    void fail(RankStore& store, const Error& error) noexcept;
    /// This rank needs the others no more, nor they it: from now on nobody's end is a failure.
    void leave();

private:
    using Clock = std::chrono::steady_clock;

    struct Beat {
        std::string text;
        Clock::time_point changed; ///< when this process saw another beat
        std::string progress; ///< of the main thread
        Clock::time_point progressed;
        RankPhase phase = RankPhase::Preparing;
    };

    void watch(const std::stop_token& stop);
    void look(Clock::time_point now);
    void passStop();
    void tell();
    void lookAtProcesses();
    void lookAtBeats(Clock::time_point now);
    void readBeat(std::int64_t rank, Clock::time_point now);
    void declare(const Error& error);
    void take(const Error& error);
    void endTogether();
    [[noreturn]] void endNow(bool firstIsLost = false);
    void watchTheWatch(const std::stop_token& stop);
    std::string nameOf(std::int64_t rank);

    std::shared_ptr<RankStore> m_store;
    Settings m_settings;
    RankProcesses* m_processes;
    std::stop_source m_stop;
    std::atomic<std::int64_t> m_progress = 0;
    std::atomic<RankPhase> m_phase = RankPhase::Preparing;
    std::atomic<std::int64_t> m_looked = 0; ///< how often the guard came round
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::optional<Error> m_verdict;
    bool m_heard = false; ///< the main thread knows the verdict
    bool m_left = false;
    bool m_toldStop = false;
    std::int64_t m_beats = 0;
    Clock::time_point m_told;
    std::map<std::int64_t, Beat> m_others;
    std::map<std::int64_t, std::string> m_hosts;
    std::jthread m_thread;
    std::jthread m_second; ///< for when the guard's thread itself waits for a store that says nothing
};

} // namespace icae

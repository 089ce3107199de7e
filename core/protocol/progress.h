#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace icae {

/// State of a long action, as reported while it runs.
struct Progress {
    std::string phase; ///< what is being done, e.g. "Compressing"
    double done = 0; ///< units finished
    double total = 0; ///< units in all; 0 where unknown
    std::string unit; ///< e.g. "tokens", "bytes"
};

/// Called from the thread that does the work; must return quickly. An empty function means nobody listens.
using ProgressCallback = std::function<void(const Progress&)>;

/// How fast an action goes, from its progress so far. A new phase starts anew.
class ProgressMeter {
public:
    using Clock = std::chrono::steady_clock;

    struct Reading {
        std::optional<double> fraction; ///< 0 to 1; absent where the total is unknown
        std::optional<double> rate; ///< units a second; absent in a phase's first moments
        std::optional<double> secondsLeft;
    };

    /// @param interval least time between two readings of one phase
    explicit ProgressMeter(Clock::duration interval)
        : m_interval(interval)
    {
    }

    /// Nothing where the last reading is not long ago.
    std::optional<Reading> read(const Progress& progress, Clock::time_point now = Clock::now());

private:
    Clock::duration m_interval;
    std::string m_phase;
    Clock::time_point m_start;
    Clock::time_point m_last;
};

} // namespace icae

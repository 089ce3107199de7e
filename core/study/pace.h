#pragma once

#include "llm/generation.h"
#include "protocol/error.h"

#include <chrono>
#include <functional>
#include <stop_token>

namespace icae {

/// Where long work gives way to others and hears a stop: between forwards.
struct StudyPace {
    std::function<void()> between; ///< may wait; may be empty
    std::stop_token stop;

    /// @throws Error (Cancelled) where a stop was requested
    void pause() const
    {
        if (between)
            between();
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "The measurement was stopped.", {});
    }
};

/// A callback of a generation that gives way now and then. The pace must outlive it.
inline TokenCallback pacedTokens(const StudyPace& pace)
{
    using Clock = std::chrono::steady_clock;
    return [&pace, last = Clock::now()](const GeneratedToken&) mutable {
        constexpr std::chrono::milliseconds interval(10);
        if (pace.between && Clock::now() - last > interval) {
            pace.between();
            last = Clock::now();
        }
        return true;
    };
}

} // namespace icae

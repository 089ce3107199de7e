#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// What a run is: its folder says so in status.json.
enum class RunKind { Training, Study };

constexpr std::array<const char*, 2> namesOf(RunKind /*type*/)
{
    return {"training", "study"};
}

enum class RunState {
    Preparing, ///< reads what it needs
    Running,
    Stopped, ///< on request; can be resumed
    Finished,
    Failed, ///< `reason` says why
    Died, ///< its process is gone without a word; never written by a run, but what others read
    Damaged, ///< the status cannot be read; never written either
};

constexpr std::array<const char*, 7> namesOf(RunState /*type*/)
{
    return {"preparing", "running", "stopped", "finished", "failed", "died", "damaged"};
}

/// Whether a run in this state has a process, or had one when it was written.
constexpr bool isAlive(RunState state)
{
    return state == RunState::Preparing || state == RunState::Running;
}

/// A curve's value and where it was reached.
struct BestValue {
    std::string name; ///< e.g. "loss of autoencoding"
    double last = 0;
    double best = 0;
    std::int64_t bestStep = 0;

    static void describe(auto& value, auto&& field)
    {
        field.required("name", value.name);
        field.required("last", value.last);
        field.required("best", value.best);
        field("best_step", value.bestStep);
    }
};

/// What status.json says of a run.
struct RunStatus {
    RunKind kind = RunKind::Training;
    RunState state = RunState::Preparing;
    std::string stage; ///< of training, e.g. "adapter"; of a study its kind, e.g. "length"
    std::int64_t step = 0; ///< of training; of a study: samples measured
    std::int64_t steps = 0; ///< 0 where a time is the limit; of a study: samples in all
    double progress = 0; ///< share that is done, 0 to 1
    double seconds = 0; ///< of work; training leaves evaluations out, a study pauses
    double secondsLeft = 0;
    double tokensPerSecond = 0; ///< context tokens
    double loss = 0; ///< of training: mean of the last interval, over all objectives
    std::optional<BestValue> watched; ///< of the validation
    std::vector<std::string> warnings;
    std::string reason; ///< why it ended
    std::string paused; ///< why it does not compute just now, a sentence; empty where it does
    std::string device;

    static void describe(auto& value, auto&& field)
    {
        field("kind", value.kind);
        field.required("state", value.state);
        field("stage", value.stage);
        field("step", value.step);
        field("steps", value.steps);
        field("progress", value.progress);
        field("seconds", value.seconds);
        field("seconds_left", value.secondsLeft);
        field("tokens_per_s", value.tokensPerSecond);
        field("loss", value.loss);
        field("watched", value.watched);
        field("warnings", value.warnings);
        field("reason", value.reason);
        field("paused", value.paused);
        field("device", value.device);
    }
};

} // namespace icae

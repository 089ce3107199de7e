#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// What a run is: its folder says so in status.json.
enum class RunKind {
    Training,
    Study,
    Foreign, ///< TensorBoard's event files of another program: curves to read, nothing to start or stop
};

constexpr std::array<const char*, 3> namesOf(RunKind /*type*/)
{
    return {"training", "study", "foreign"};
}

enum class RunState {
    Preparing, ///< reads what it needs
    Waiting, ///< until other runs leave its device; `paused` says for how many
    Running,
    Stopped, ///< on request; can be resumed
    Finished,
    Failed, ///< `reason` says why
    Died, ///< its process is gone without a word; never written by a run, but what others read
    Damaged, ///< the status cannot be read; never written either
};

constexpr std::array<const char*, 8> namesOf(RunState /*type*/)
{
    return {"preparing", "waiting", "running", "stopped", "finished", "failed", "died", "damaged"};
}

/// Whether a run in this state has a process, or had one when it was written.
constexpr bool isAlive(RunState state)
{
    return state == RunState::Preparing || state == RunState::Waiting || state == RunState::Running;
}

/// What happens in a training run beside its curves.
enum class RunEventKind {
    Resumed,
    Extended, ///< it got more steps or minutes
    Checkpoint,
    // Alerts from here on.
    Divergence, ///< a loss is no number any more
    Spike, ///< a loss jumped
    Plateau, ///< autoencoding is no better than the language model without slots
    Collapse, ///< free-running text is poor, teacher-forced text is not
    DiskFull, ///< nearly
    NoProgress, ///< the losses have not fallen for long
};

constexpr std::array<const char*, 9> namesOf(RunEventKind /*type*/)
{
    return {"resumed", "extended", "checkpoint", "divergence", "spike",
            "plateau", "collapse", "disk_full",  "no_progress"};
}

constexpr bool isAlert(RunEventKind kind)
{
    return kind >= RunEventKind::Divergence;
}

/// A line of metrics.jsonl that has "event" in place of values.
struct RunEvent {
    RunEventKind kind = RunEventKind::Checkpoint;
    std::int64_t step = 0;
    double seconds = 0; ///< of training, as in the lines beside it
    std::string sentence;
    std::string remedy; ///< of alerts

    static void describe(auto& value, auto&& field)
    {
        field.required("event", value.kind);
        field.required("step", value.step);
        field("seconds", value.seconds);
        field("sentence", value.sentence);
        field("remedy", value.remedy);
    }
};

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
    std::optional<RunEvent> alert; ///< the latest; gone where the run is resumed from before it
    std::string reason; ///< why it ended
    std::string paused; ///< why it does not compute just now, a sentence; empty where it does
    std::string device;
    std::int64_t ranks = 1; ///< of training: processes that train it together
    std::vector<std::string> devices; ///< of several ranks, in their order, each with its host
    double exchangeShare = 0; ///< of several ranks: time in exchanges between them, waiting included, 0 to 1

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
        field("alert", value.alert);
        field("reason", value.reason);
        field("paused", value.paused);
        field("device", value.device);
        field("ranks", value.ranks);
        field("devices", value.devices);
        field("exchange_share", value.exchangeShare);
    }
};

} // namespace icae

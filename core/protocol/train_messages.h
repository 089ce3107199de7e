#pragma once

#include "protocol/run_messages.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// Training jobs and runs as the Train page sees them. All paths are on the engine's machine; losses are nats a token.

struct TrainTemplateParams {
    std::string stage = "adapter"; ///< "base", "midtrain", "adapter" or "instruct"
    /// A small job of an adapter that trains with the base and sample texts that come with the program, in a minute or
    /// two on two cores: it can be started as it is.
    bool bundled = false;

    static void describe(auto& value, auto&& field)
    {
        field("stage", value.stage);
        field("bundled", value.bundled);
    }
};

struct TrainTemplate {
    std::string job; ///< JSON with comments

    static void describe(auto& value, auto&& field) { field("job", value.job); }
};

struct TrainJobParams {
    std::string job; ///< JSON with comments
    std::string folder = {}; ///< that relative paths start from; empty: the runs folder

    static void describe(auto& value, auto&& field)
    {
        field.required("job", value.job);
        field("folder", value.folder);
    }
};

/// A file that a job reads.
struct TrainFile {
    std::string role; ///< "data.texts", "data.questions", "data.validation_texts" or "data.validation_questions"
    std::string path; ///< absolute
    std::int64_t bytes = 0;

    static void describe(auto& value, auto&& field)
    {
        field.required("role", value.role);
        field.required("path", value.path);
        field("bytes", value.bytes);
    }
};

/// What a form shows of a job. Where there are problems, the rest is what could be read.
struct TrainCheck {
    std::vector<SpecProblem> problems; ///< none: it can be started, but for what only reading all the data can tell
    std::string stage;
    std::optional<std::int64_t> steps; ///< either these …
    std::optional<double> minutes; ///< … or these
    std::string base; ///< folder, absolute; empty for a base from scratch
    std::string initFrom; ///< likewise; empty for fresh numbers
    std::string device; ///< as the job has it: "auto", "cpu", "cuda" or "cuda:N"
    std::string deviceName; ///< which that is here
    std::string precision; ///< of the computation there: "fp32" or "bf16"
    std::vector<TrainFile> files;
    std::int64_t trainedNumbers = 0; ///< that the optimizer changes
    std::int64_t positions = 0; ///< of the base
    std::int64_t batchTokens = 0; ///< context tokens a step, about: batch_tokens × accumulate

    static void describe(auto& value, auto&& field)
    {
        field("problems", value.problems);
        field("stage", value.stage);
        field("steps", value.steps);
        field("minutes", value.minutes);
        field("base", value.base);
        field("init_from", value.initFrom);
        field("device", value.device);
        field("device_name", value.deviceName);
        field("precision", value.precision);
        field("files", value.files);
        field("trained_numbers", value.trainedNumbers);
        field("positions", value.positions);
        field("batch_tokens", value.batchTokens);
    }
};

/// What a job takes on its device, from steps and an evaluation that were done and measured.
struct TrainEstimate {
    double seconds = 0; ///< of the whole command: loading, steps, evaluations, checkpoints
    double stepSeconds = 0;
    double evaluationSeconds = 0; ///< of one evaluation but the first, which on a GPU takes longer
    double tokensPerSecond = 0; ///< context tokens
    std::int64_t peakBytes = 0; ///< of the device's memory, by this job alone
    std::int64_t freeBytes = 0; ///< of the device, before it began
    std::string device;
    bool fits = true; ///< false: it ran out of memory, and the numbers above are those so far
    std::string advice; ///< what to change; empty where it fits well

    static void describe(auto& value, auto&& field)
    {
        field("seconds", value.seconds);
        field("step_seconds", value.stepSeconds);
        field("evaluation_seconds", value.evaluationSeconds);
        field("tokens_per_s", value.tokensPerSecond);
        field("peak_bytes", value.peakBytes);
        field("free_bytes", value.freeBytes);
        field("device", value.device);
        field("fits", value.fits);
        field("advice", value.advice);
    }
};

/// More work for a run that is over.
struct ExtendRunParams {
    std::string run;
    std::optional<std::int64_t> steps; ///< to add; for a job that stops by steps
    std::optional<double> minutes; ///< to add; for a job that stops by time
    bool queue = false; ///< as StartRunParams

    static void describe(auto& value, auto&& field)
    {
        field.required("run", value.run);
        field("steps", value.steps);
        field("minutes", value.minutes);
        field("queue", value.queue);
    }
};

struct ExtendedRun {
    RunInfo info;
    std::string rule; ///< what becomes of the learning rate, in sentences

    static void describe(auto& value, auto&& field)
    {
        field.required("info", value.info);
        field("rule", value.rule);
    }
};

/// Runs that wait for a device, or train on it.
struct QueuedRun {
    std::string run;
    std::string device; ///< id, e.g. "cuda:0"
    bool waits = true; ///< false: it has the device

    static void describe(auto& value, auto&& field)
    {
        field.required("run", value.run);
        field("device", value.device);
        field("waits", value.waits);
    }
};

struct RunQueueParams {
    std::string run = {}; ///< to move; empty: only say how the queues are
    std::int64_t place = 0; ///< among those that wait for its device, from 0

    static void describe(auto& value, auto&& field)
    {
        field("run", value.run);
        field("place", value.place);
    }
};

struct RunQueue {
    std::vector<QueuedRun> runs; ///< by device, in the order in which they get it

    static void describe(auto& value, auto&& field) { field("runs", value.runs); }
};

struct PublishRunParams {
    std::string run;
    std::optional<std::int64_t> step; ///< of a checkpoint that keeps an adapter; absent: the last
    std::string folder; ///< to make; absolute

    static void describe(auto& value, auto&& field)
    {
        field.required("run", value.run);
        field("step", value.step);
        field.required("folder", value.folder);
    }
};

struct PublishedRun {
    std::string folder;
    std::vector<std::string> files; ///< names in it

    static void describe(auto& value, auto&& field)
    {
        field.required("folder", value.folder);
        field("files", value.files);
    }
};

} // namespace icae

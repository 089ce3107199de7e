#include "train/extend.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/run_checkpoints.h"
#include "runs/run_directory.h"
#include "runs/run_index.h"
#include "tensor/atomic_file.h"
#include "text/text_file.h"
#include "train/job.h"
#include "train/optimizer.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace icae {

namespace fs = std::filesystem;

namespace {

std::string rateText(double rate)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2g", rate); // NOLINT: a number
    return text.data();
}

void requireExtendable(const fs::path& run, const RunStatus& status)
{
    if (status.kind != RunKind::Training || status.state == RunState::Damaged)
        throw Error(ErrorKind::InvalidInput, run.string() + " is no training run that can be extended.",
                    "Name a training run's folder.");
    if (isAlive(status.state))
        throw Error(ErrorKind::InvalidInput, run.string() + " is running: it cannot be extended.",
                    "Wait for its end, or stop it first.");
}

/// How far a job is, 0 to 1.
double progressOf(const TrainJob& job, std::int64_t step, double seconds)
{
    return std::min(
        1.0, job.steps ? static_cast<double>(step) / static_cast<double>(*job.steps) : seconds / (*job.minutes * 60));
}

std::string ruleOf(const TrainJob& before, const TrainJob& after, std::int64_t step, double seconds)
{
    const auto& optimizer = before.optimizer;
    std::string rule = "The run goes on from step " + std::to_string(step) + " to "
        + (after.steps ? "step " + std::to_string(*after.steps) : rateText(*after.minutes) + " minutes of training")
        + ". ";
    if (optimizer.schedule == OptimizerSettings::Schedule::Constant)
        return rule + "The learning rate stays constant.";
    const auto last = std::max<std::int64_t>(0, step - 1);
    const auto rateAt = [&](const TrainJob& job, double progress) {
        return rateText(learningRateAt(job.optimizer, last, progress));
    };
    return rule + "The schedule (" + (optimizer.schedule == OptimizerSettings::Schedule::Cosine ? "cosine" : "linear")
        + ") runs over the new length: the learning rate was " + rateAt(before, progressOf(before, step, seconds))
        + ", begins again at " + rateAt(after, progressOf(after, step, seconds)) + " and falls to " + rateAt(after, 1)
        + ".";
}

} // namespace

std::string extendTraining(const fs::path& run, std::optional<std::int64_t> steps, std::optional<double> minutes)
{
    const auto status = statusOf(run);
    requireExtendable(run, status);
    const auto file = run / "config.json";
    const auto text = readTextFile(file);
    const auto read = [&](const std::string& job) { return parseTrainJob(job, file.string(), run, run, true); };
    const auto before = read(text);
    const bool bySteps = before.steps.has_value();
    if (bySteps ? !steps || *steps < 1 || minutes : !minutes || !(*minutes > 0) || steps)
        throw Error(ErrorKind::InvalidInput,
                    run.string() + " stops by " + (bySteps ? "steps" : "time") + ", and was not given "
                        + (bySteps ? "steps" : "minutes") + " to add.",
                    bySteps ? "Give a number of steps alone." : "Give a number of minutes alone.");
    auto json = nlohmann::ordered_json::parse(text, nullptr, true, true);
    if (bySteps)
        json["stop"]["steps"] = *before.steps + *steps;
    else
        json["stop"]["minutes"] = *before.minutes + *minutes;
    const auto longer = json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    const auto after = read(longer);
    const RunDirectory directory(run, true); // nobody else resumes it meanwhile
    const auto checkpoints = stepsIn(run / "checkpoints");
    const auto step = checkpoints.empty() ? 0 : checkpoints.back().first;
    auto rule = ruleOf(before, after, step, status.seconds);
    writeFile(file, longer);
    directory.append("metrics.jsonl", nlohmann::json(RunEvent{RunEventKind::Extended, step, status.seconds, rule, {}}));
    directory.log("Extended. " + rule);
    return rule;
}

} // namespace icae

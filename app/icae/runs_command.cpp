#include "command.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/train_messages.h"
#include "runs/device_queue.h"
#include "runs/places.h"
#include "runs/run_control.h"
#include "runs/run_index.h"
#include "runs/run_reader.h"
#include "train/extend.h"
#include "train/publish.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <optional>

namespace icae {

namespace {

struct Arguments {
    std::string root;
    bool json = false;
};

/// A status that somebody else wrote may hold what no integer can.
std::int64_t wholeOf(double number)
{
    constexpr double most = 1e15;
    return static_cast<std::int64_t>(std::min(number, most));
}

std::string duration(double seconds)
{
    const auto whole = wholeOf(seconds);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", static_cast<long long>(whole / 3600), // NOLINT
                  static_cast<long long>(whole / 60 % 60), static_cast<long long>(whole % 60));
    return text.data();
}

void print(const RunSummary& run)
{
    const auto& s = run.status;
    const auto step = grouped(s.step) + (s.steps > 0 ? " / " + grouped(s.steps) : "");
    // What has not been measured yet is not 0.
    const auto known = [](bool measured, const std::string& value) { return measured ? value : std::string("-"); };
    const bool logged = s.tokensPerSecond > 0;
    const auto watched = s.watched ? fixed(s.watched->last, 4) + " / " + fixed(s.watched->best, 4) : std::string("-");
    std::array<char, 256> line{};
    std::snprintf(line.data(), line.size(), "%-10s %-9s %17s %8s %17s %12s %9s  ", nameOf(s.state), // NOLINT: a table
                  s.stage.c_str(), step.c_str(), known(logged, fixed(s.loss, 4)).c_str(), watched.c_str(),
                  known(logged, grouped(wholeOf(s.tokensPerSecond))).c_str(),
                  known(s.step > 0, duration(s.secondsLeft)).c_str());
    std::cout << line.data() << run.folder.string() << "\n";
    if (s.ranks > 1) {
        std::cout << "    " << s.ranks << " ranks, " << fixed(100 * s.exchangeShare, 1)
                  << " % of the time in exchanges\n";
        for (std::size_t rank = 0; rank < s.devices.size(); ++rank)
            std::cout << "    rank " << rank << ": " << s.devices[rank] << "\n";
    }
    for (const auto& warning : s.warnings)
        std::cout << "    " << warning << "\n";
    if (!s.paused.empty())
        std::cout << "    " << s.paused << "\n";
    if (!s.reason.empty() && s.state != RunState::Finished)
        std::cout << "    " << s.reason << "\n";
    if (s.state == RunState::Died)
        std::cout << "    To go on: icae " << (s.kind == RunKind::Study ? "study --resume --run " : "train --resume ")
                  << run.folder.string() << "\n";
}

int listAll(const Arguments& arguments)
{
    const auto runs = listRuns(arguments.root);
    if (arguments.json) {
        nlohmann::json all = nlohmann::json::array();
        for (const auto& run : runs) {
            nlohmann::json json(run.status);
            json["run"] = run.folder.string();
            all.push_back(std::move(json));
        }
        printJson(all);
        return exitSuccess;
    }
    if (runs.empty()) {
        std::cout << "There are no runs in " << arguments.root << ".\n";
        return exitSuccess;
    }
    std::cout << "state      stage                  step     loss       last / best     tokens/s      left  run\n";
    for (const auto& run : runs)
        print(run);
    return exitSuccess;
}

struct ExtendArguments {
    std::string run;
    std::optional<std::int64_t> steps;
    std::optional<double> minutes;
    bool queue = false;
    bool json = false;
};

int extend(const ExtendArguments& arguments)
{
    const auto rule = extendTraining(arguments.run, arguments.steps, arguments.minutes);
    resumeRun({arguments.run, {}, false, arguments.queue});
    if (arguments.json)
        printJson(nlohmann::json(ExtendedRun{describeRun(arguments.run), rule}));
    else
        std::cout << rule << "\nTraining in the background; icae runs " << arguments.run << " says how it is doing.\n";
    return exitSuccess;
}

struct QueueArguments {
    std::string run;
    std::optional<std::int64_t> place;
    bool json = false;
};

int queue(const QueueArguments& arguments)
{
    if (arguments.run.empty() == arguments.place.has_value())
        throw Error(ErrorKind::InvalidInput, "A run and its new place belong together.",
                    "Example: icae runs queue runs/second --place 1");
    const auto queues = arguments.place ? moveInQueue(arguments.run, *arguments.place - 1) : deviceQueues();
    if (arguments.json) {
        printJson(nlohmann::json(queues));
        return exitSuccess;
    }
    if (queues.runs.empty())
        std::cout << "Nothing trains, and nothing waits.\n";
    std::string device;
    for (std::int64_t place = 0; const auto& run : queues.runs) {
        place = run.device != device || !run.waits ? 0 : place;
        device = run.device;
        std::cout << device << "  " << (run.waits ? std::to_string(++place) + ". waits" : "trains") << "  " << run.run
                  << "\n";
    }
    return exitSuccess;
}

struct PublishArguments {
    PublishRunParams params;
    bool json = false;
};

int publish(PublishArguments arguments)
{
    auto& folder = arguments.params.folder;
    folder = std::filesystem::absolute(folder).lexically_normal().string();
    const auto published = publishRun(arguments.params, ICAE_VERSION);
    if (arguments.json) {
        printJson(nlohmann::json(published));
        return exitSuccess;
    }
    std::cout << published.folder << ":\n";
    for (const auto& file : published.files)
        std::cout << "    " << file << "\n";
    return exitSuccess;
}

} // namespace

CommandAction addRuns(CLI::App& program)
{
    auto* command = program.add_subcommand("runs", "List training runs and studies, and how they are doing");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("ROOT", arguments->root, "A run's folder, or a folder of runs")
        ->default_val(defaultRunsFolder().string());
    command->add_flag("--json", arguments->json, "Print a JSON list");
    command->footer("Example: icae runs runs\n"
                    "         icae runs extend runs/first --steps 5000");
    auto* extending = command->add_subcommand("extend", "Give a training run that is over more work, and resume it");
    const auto extended = std::make_shared<ExtendArguments>();
    extending->add_option("DIR", extended->run, "Folder of the run")->required();
    extending->add_option("--steps", extended->steps, "Steps to add, where the job stops by steps");
    extending->add_option("--minutes", extended->minutes, "Minutes to add, where it stops by time");
    extending->add_flag("--queue", extended->queue, "Wait until the runs before it have left the device");
    extending->add_flag("--json", extended->json, "Print one JSON object");
    extending->footer(
        "The learning rate follows the job's schedule over the new length. It goes on in the background.");
    auto* queueing = command->add_subcommand("queue", "List the runs that train and wait, or move one that waits");
    const auto queued = std::make_shared<QueueArguments>();
    queueing->add_option("DIR", queued->run, "Folder of a run that waits");
    queueing->add_option("--place", queued->place, "Its new place among those that wait for its device, from 1")
        ->check(countable());
    queueing->add_flag("--json", queued->json, "Print one JSON object");
    queueing->footer("icae train JOB --run DIR --queue --detach puts a job there. Who waits is a process: stopping it\n"
                     "takes it out.");
    auto* publishing = command->add_subcommand("publish", "Make a folder of a checkpoint's adapter, with a model card");
    const auto published = std::make_shared<PublishArguments>();
    publishing->add_option("DIR", published->params.run, "Folder of the run")->required();
    publishing->add_option("FOLDER", published->params.folder, "Folder to make")->required();
    publishing->add_option("--step", published->params.step,
                           "Step of a checkpoint that is still there; without it, the last");
    publishing->add_flag("--json", published->json, "Print one JSON object");
    publishing->footer("Example: icae runs publish runs/first adapters/first");
    return [=](CommandContext&) {
        if (publishing->parsed())
            return publish(*published);
        if (queueing->parsed())
            return queue(*queued);
        if (extending->parsed())
            return extend(*extended);
        return listAll(*arguments);
    };
}

} // namespace icae

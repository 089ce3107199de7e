#include "command.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/process_start.h"
#include "text/text_file.h"
#include "train/checkpoint.h"
#include "train/estimate.h"
#include "train/job_check.h"
#include "train/run_inputs.h"
#include "train/trainer.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iostream>

#include <sys/prctl.h>
#include <unistd.h>

namespace icae {

namespace fs = std::filesystem;

namespace {

struct Arguments {
    std::string job;
    std::string run;
    std::string resume;
    std::string printTemplate;
    std::string data;
    std::string device; ///< empty: the job's
    std::optional<std::int64_t> ranks; ///< none: the job's
    std::int64_t patience = 600; ///< s
    bool detach = false;
    bool queue = false;
    bool estimate = false;
    bool dryStep = false;
    bool prepare = false;
    bool plain = false;
    bool acceptChanges = false;
    bool json = false;
};

/// A path as a run stores it: from the run's folder, unless nothing but the file system holds both.
std::string storedPath(const fs::path& path, const fs::path& run)
{
    const auto relative = path.lexically_relative(run);
    const auto up = std::count(relative.begin(), relative.end(), fs::path(".."));
    const auto depth = std::distance(run.begin(), run.end()) - 1; // below the root
    return relative.empty() || up >= depth ? path.string() : relative.string();
}

/// The job with paths from the run's folder, so that config.json stays valid where both are moved.
/// @param device that it is resumed on, unless another is named then; empty: as the job has it; @param ranks likewise
std::string portableJob(const std::string& text, const fs::path& folder, const fs::path& data, const fs::path& run,
                        const std::string& device, const std::optional<std::int64_t>& ranks)
{
    auto json = nlohmann::ordered_json::parse(text, nullptr, true, true);
    const auto home = fs::absolute(run).lexically_normal();
    const auto resolve = [&](nlohmann::ordered_json& path) {
        for (const auto& place : {folder, data}) {
            const auto candidate = fs::absolute(place / path.get<std::string>()).lexically_normal();
            if (fs::exists(candidate)) {
                path = storedPath(candidate, home);
                return;
            }
        }
    };
    for (const auto* key : {"base", "tokenizer", "init_from"})
        if (json.contains(key) && !json[key].is_null())
            resolve(json[key]);
    if (json.contains("data"))
        for (auto& [name, files] : json["data"].items())
            for (auto& file : files)
                resolve(file);
    if (!device.empty())
        json["device"] = device;
    if (ranks)
        json["ranks"] = *ranks;
    json["run"] = home.string();
    return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// What --estimate starts, and only that: it ends with it, and when memory runs out.
int dryStep(const TrainJob& job, const TrainOptions& options, bool prepare, CommandContext& context)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::ofstream("/proc/self/oom_score_adj") << 1000;
    if (prepare)
        prepareCorpora(job, options, context.stop);
    else
        printJson(nlohmann::json(measureJob(job, options, context.stop, processStart())));
    return exitSuccess;
}

std::string gigabytes(std::int64_t bytes)
{
    return fixed(static_cast<double>(bytes) * 1e-9, 2) + " GB";
}

int estimate(const Arguments& arguments, const std::string& text, const fs::path& folder, CommandContext& context)
{
    const auto found = estimateApart(text, folder, arguments.device, context.stop);
    if (arguments.json) {
        printJson(nlohmann::json(found));
        return exitSuccess;
    }
    if (found.fits)
        std::cout << "Time       " << fixed(found.seconds / 60, 1) << " min from start to end; a step "
                  << fixed(found.stepSeconds, 3) << " s, an evaluation " << fixed(found.evaluationSeconds, 1) << " s\n"
                  << "Rate       " << grouped(static_cast<std::int64_t>(found.tokensPerSecond)) << " tokens/s\n";
    else
        std::cout << "It does not fit.\n";
    std::cout << "Memory     " << gigabytes(found.peakBytes) << " of " << gigabytes(found.freeBytes) << " free\n"
              << "Device     " << found.device << "\n";
    if (!found.advice.empty())
        std::cout << found.advice << "\n";
    return exitSuccess;
}

/// The job for another number of ranks.
std::string withRanks(const std::string& text, std::int64_t ranks)
{
    auto json = nlohmann::ordered_json::parse(text, nullptr, true, true);
    json["ranks"] = ranks;
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A rank that rank 0 started: rank 0 says what there is to say, as long as it lives.
int trainAsChild(const TrainJob& job, const std::string& text, const TrainOptions& options, CommandContext& context)
{
    try {
        train(job, text, options, context.stop);
        return exitSuccess;
    } catch (const std::exception&) {
        if (getppid() == options.place.parent)
            return exitError;
        throw;
    }
}

int trainJob(const Arguments& arguments, const CLI::App& command, CommandContext& context)
{
    if (!arguments.printTemplate.empty()) {
        std::cout << trainJobTemplate(parseStage(arguments.printTemplate));
        return exitSuccess;
    }
    const bool resume = !arguments.resume.empty();
    if (resume != arguments.job.empty()
        || (!resume && !arguments.prepare && !arguments.estimate && !arguments.dryStep && arguments.run.empty()))
        throw Error(ErrorKind::InvalidInput, "Give either a job and --run, or --resume and a run.",
                    "Example: icae train job.json --run runs/first");
    const fs::path file = resume ? fs::path(arguments.resume) / "config.json" : fs::path(arguments.job);
    const auto folder = fs::absolute(file).parent_path();
    const fs::path data = arguments.data.empty() ? folder : fs::path(arguments.data);
    const auto text = readTextFile(file);
    auto job = parseTrainJob(text, file.string(), folder, data, resume && hasCheckpoint(arguments.resume));
    const auto place = rankPlace(arguments.ranks, job.ranks);
    job.ranks = place.size;
    if (arguments.estimate)
        return estimate(arguments, arguments.ranks ? withRanks(text, *arguments.ranks) : text, data, context);
    const auto device = arguments.device.empty() ? job.device : arguments.device;
    if (arguments.detach && place.fromEnvironment)
        throw Error(ErrorKind::InvalidInput, "--detach does not go with ranks that somebody else starts.",
                    "Leave it out, or unset RANK and WORLD_SIZE.");
    if (arguments.detach && !arguments.prepare) {
        const fs::path run = resume ? arguments.resume : arguments.run;
        requireUsable(run, resume);
        if (resume) {
            requireSameInputs(run, job, text, arguments.acceptChanges, context.stop);
        } else { // what the other process would refuse is said here
            TrainOptions options;
            options.device = device;
            options.progress = context.progress.callback();
            prepareCorpora(job, options, context.stop);
            context.progress.clear();
        }
        launchAgainDetached("Training", run, command);
        return exitSuccess;
    }
    // Who reads the output may go away; the job does not end with it.
    std::signal(SIGPIPE, SIG_IGN);
    TrainOptions options;
    options.run = resume ? arguments.resume : arguments.run;
    options.resume = resume;
    options.acceptChanges = arguments.acceptChanges;
    options.device = device;
    options.place = place;
    options.patience = std::chrono::seconds(arguments.patience);
    options.plainKernels = arguments.plain;
    if (place.first())
        options.progress = context.progress.callback();
    options.queue = arguments.queue;
    if (arguments.dryStep)
        return dryStep(job, options, arguments.prepare, context);
    if (arguments.prepare) {
        prepareCorpora(job, options, context.stop);
        context.progress.clear();
        return exitSuccess;
    }
    if (!arguments.json && place.first())
        options.message = [&](const std::string& line) {
            context.progress.clear();
            std::cerr << line << "\n";
        };
    const auto stored = resume ? text : portableJob(text, folder, data, options.run, arguments.device, arguments.ranks);
    if (place.parent != 0)
        return trainAsChild(job, stored, options, context);
    const auto status = train(job, stored, options, context.stop);
    context.progress.clear();
    if (arguments.json && place.first())
        printJson(nlohmann::json(status));
    return exitSuccess;
}

} // namespace

CommandAction addTrain(CLI::App& program)
{
    auto* command =
        program.add_subcommand("train", "Train a base or an adapter as a job that can be stopped and resumed");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("JOB", arguments->job, "Job file (JSON with comments)");
    command->add_option("--run", arguments->run, "Folder of the new run");
    command->add_option("--resume", arguments->resume, "Folder of a run to go on with");
    command->add_option(
        "--data", arguments->data,
        "Folder where the job's data files lie, if not beside the job; with --resume, where a moved run's are");
    command->add_option("--template", arguments->printTemplate,
                        "Print a commented job for a stage: base, midtrain, adapter or instruct");
    command->add_option("-d,--device", arguments->device, "auto, cpu, cuda or cuda:N; without it, what the job says");
    command
        ->add_option("--gpus,--ranks", arguments->ranks,
                     "Train on so many GPUs of this host, a process each; on the CPU so many processes")
        ->check(CLI::Range(std::int64_t{1}, mostRanks));
    command
        ->add_option("--patience", arguments->patience,
                     "Seconds without progress after which a rank is taken to hang and all end; longer than an "
                     "evaluation or a checkpoint takes")
        ->check(countable())
        ->capture_default_str();
    command->add_flag(detachFlag, arguments->detach, "Go on in the background, also after the terminal is closed");
    command->add_flag("--accept-changes", arguments->acceptChanges,
                      "With --resume: go on although data or job are not what the run began with; the run notes it");
    command->add_flag("--queue", arguments->queue,
                      "Wait until the runs before it have left the device; see icae runs queue");
    command->add_flag("--estimate", arguments->estimate,
                      "Only measure what the job takes: steps and an evaluation are done, and nothing stays but the "
                      "tokenised texts. The time is that of the whole command, from its start to its end");
    command->add_flag("--dry-step", arguments->dryStep)->group({}); // what --estimate starts
    command->add_flag("--prepare", arguments->prepare, "Only tokenise the job's texts into the cache");
    command->add_flag("--plain", arguments->plain, "Use plain ATen operations instead of fused kernels");
    command->add_flag("--json", arguments->json, "Print the last status as one JSON object");
    command->footer("SIGINT, SIGTERM and a closed terminal write a checkpoint first; the run can then be resumed.\n"
                    "Ranks on several hosts: torchrun --no-python or srun start this command once a GPU, with RANK,\n"
                    "WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT set.\n"
                    "Example: icae train --template adapter > job.json && icae train job.json --run runs/first");
    return [arguments, command](CommandContext& context) { return trainJob(*arguments, *command, context); };
}

} // namespace icae

#include "runs/run_control.h"

#include "input/remove_tree.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/launcher.h"
#include "runs/run_directory.h"
#include "runs/run_index.h"
#include "runs/run_status.h"
#include "tensor/atomic_file.h"
#include "text/text_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>
#include <thread>

namespace icae {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s; // for a process to say that it lives
constexpr auto lookAgain = 20ms;
constexpr auto outputName = "output.txt";

void requireStill(const fs::path& run, const std::string& what)
{
    if (!isRunFolder(run))
        throw Error(ErrorKind::InvalidInput, run.string() + " holds no run of this program: it cannot be " + what + ".",
                    "It can only be read, if at all.");
    if (isAlive(statusOf(run).state))
        throw Error(ErrorKind::InvalidInput, run.string() + " is running: it cannot be " + what + ".",
                    "Stop it first.");
}

void requireName(const std::string& name)
{
    constexpr std::string_view apart("/\0", 2); // what ends a name
    if (name.empty() || name.front() == '.' || name.size() > 200 || name.find_first_of(apart) != std::string::npos)
        throw Error(ErrorKind::InvalidInput, "\"" + name + "\" is no name for a run.",
                    "Use a name without slashes that does not begin with a dot.");
}

void move(const fs::path& from, const fs::path& to)
{
    std::error_code fault;
    if (fs::exists(to, fault))
        throw Error(ErrorKind::InvalidInput, to.string() + " exists already.", "Choose another name.");
    fs::rename(from, to, fault);
    if (fault)
        throw Error(ErrorKind::Io, from.string() + " cannot be moved to " + to.string() + ": " + fault.message() + ".",
                    "Check that you may write there.");
}

void makeFolder(const fs::path& folder)
{
    std::error_code fault;
    fs::create_directories(folder, fault);
    if (fault)
        throw Error(ErrorKind::Io, "The folder " + folder.string() + " cannot be made: " + fault.message() + ".",
                    "Choose a folder that you may write to.");
}

fs::path unused(const fs::path& folder, const std::string& name)
{
    auto path = folder / name;
    std::error_code ignored;
    for (int i = 2; fs::exists(path, ignored); ++i)
        path = folder / (name + "-" + std::to_string(i));
    return path;
}

/// What a process that ended at once left to say.
Error whyEnded(const fs::path& output)
{
    std::string said;
    try {
        said = readTextFile(output);
    } catch (const Error&) { // NOLINT(bugprone-empty-catch): it said nothing
    }
    const auto why = errorSaid(said);
    return {ErrorKind::InvalidInput, "The run ended before it began" + (why ? ": " + why->message() : std::string(".")),
            why && !why->remedy().empty() ? why->remedy() : "See what it said, and start it again.",
            why ? why->details() : said};
}

/// Removes what a start left that came to nothing, unless another process works there by now.
void removeRemains(const fs::path& run)
{
    std::error_code ignored;
    try {
        requireUsable(run, false);
    } catch (const Error&) {
        return;
    }
    for (const auto* name : {outputName, "status.json", "lock", "checkpoints"})
        fs::remove(run / name, ignored); // of a folder with content nothing is removed
    fs::remove(run, ignored);
}

} // namespace

/// Waits until the run's status is another process's than before.
pid_t launchRun(const fs::path& run, std::vector<std::string> arguments)
{
    const auto output = run / outputName;
    if (std::error_code ignored; fs::is_symlink(output, ignored))
        refuseLink(output);
    const auto before = runOwner(run);
    const auto process = launchDetached({std::move(arguments), output});
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < patience) {
        if (const auto now = runOwner(run); now == process && now != before)
            return process;
        int code = 0;
        if (const auto ended = waitpid(process, &code, WNOHANG);
            ended == process || (ended < 0 && errno == ECHILD && kill(process, 0) != 0)) {
            if (runOwner(run) == process)
                return process; // quick work
            if (isAlive(statusOf(run).state))
                throw Error(ErrorKind::InvalidInput, "Another process works in " + run.string() + " already.",
                            "Wait for it, or stop it first.");
            throw whyEnded(output);
        }
        std::this_thread::sleep_for(lookAgain);
    }
    return process;
}

pid_t beginRun(const fs::path& run, std::vector<std::string> arguments)
{
    std::error_code ignored;
    const bool empty = !fs::exists(run, ignored) || fs::is_empty(run, ignored);
    makeFolder(run);
    try {
        return launchRun(run, std::move(arguments));
    } catch (const Error&) {
        if (empty)
            removeRemains(run);
        throw;
    }
}

void stopRun(const fs::path& run)
{
    if (!isAlive(statusOf(run).state))
        throw Error(ErrorKind::InvalidInput, run.string() + " does not run.", "There is nothing to stop.");
    const auto process = runOwner(run);
    if (process <= 1)
        throw Error(ErrorKind::Unsupported, run.string() + " runs on another machine.", "Stop it there.");
    if (kill(static_cast<pid_t>(process), SIGTERM) != 0 && errno != ESRCH)
        throw Error(ErrorKind::Io, "The process of " + run.string() + " cannot be reached.",
                    "Stop it as the user who started it.");
}

fs::path startRun(RunKind kind, const std::string& spec, const fs::path& runs, const std::string& name,
                  const fs::path& folder, bool queue)
{
    const auto wanted = name.empty() ? std::string(nameOf(kind)) : name;
    requireName(wanted);
    makeFolder(runs);
    auto run = unused(runs, wanted);
    makeFolder(run);
    const auto file = run / "spec.json";
    try {
        writeFile(file, spec);
        std::vector<std::string> arguments{kind == RunKind::Study ? "study" : "train", file.string(), "--run",
                                           run.string()};
        arguments.insert(arguments.end(), {kind == RunKind::Study ? "--folder" : "--data", folder.string()});
        if (queue && kind == RunKind::Training)
            arguments.emplace_back("--queue");
        launchRun(run, std::move(arguments));
    } catch (const Error&) {
        std::error_code ignored;
        if (!fs::exists(run / "config.json", ignored))
            removeTree(run); // nothing began
        throw;
    }
    return run;
}

void resumeRun(const ResumeRunParams& params)
{
    const fs::path run = params.run;
    requireStill(run, "resumed");
    const bool study = statusOf(run).kind == RunKind::Study;
    auto arguments = study ? std::vector<std::string>{"study", "--run", run.string(), "--resume"}
                           : std::vector<std::string>{"train", "--resume", run.string()};
    if (params.queue && !study)
        arguments.emplace_back("--queue");
    if (params.acceptChanges && !study)
        arguments.emplace_back("--accept-changes");
    if (!params.data.empty() && !study)
        arguments.insert(arguments.end(), {"--data", params.data});
    launchRun(run, std::move(arguments));
}

fs::path renameRun(const fs::path& run, const std::string& name)
{
    requireName(name);
    requireStill(run, "renamed");
    auto to = run.parent_path() / name;
    move(run, to);
    return to;
}

DeletedRun deleteRun(const fs::path& run)
{
    requireStill(run, "deleted");
    const auto trash = run.parent_path() / trashName;
    makeFolder(trash);
    const auto to = unused(trash, run.filename().string());
    move(run, to);
    return {run.string(), to.string()};
}

void restoreRun(const DeletedRun& deleted)
{
    std::error_code ignored;
    if (fs::path(deleted.trash).parent_path().filename() != trashName || !fs::is_directory(deleted.trash, ignored))
        throw Error(ErrorKind::NotFound, deleted.trash + " is no deleted run.", "The trash may have been emptied.");
    move(deleted.trash, deleted.run);
}

} // namespace icae

#include "runs/run_index.h"

#include "input/reachable.h"
#include "input/read_input.h"
#include "protocol/error.h"
#include "runs/event_reader.h"
#include "runs/run_status.h"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace icae {

namespace fs = std::filesystem;

RunStatus statusOf(const fs::path& run)
{
    try {
        return readRunStatus(run);
    } catch (const Error& error) {
        RunStatus status;
        status.state = RunState::Damaged;
        status.reason = error.message();
        return status;
    }
}

bool isRunFolder(const fs::path& folder)
{
    std::error_code ignored;
    return fs::exists(folder / runStatusName, ignored)
        || (fs::exists(folder / "lock", ignored) && fs::exists(folder / "config.json", ignored));
}

namespace {

/// Other programs write a status.json, too: whole JSON that names no stage, without our lock beside it.
bool isOurs(const fs::path& folder, const RunStatus& status)
{
    std::error_code ignored;
    if (!status.stage.empty() || fs::exists(folder / "lock", ignored))
        return true;
    if (status.state != RunState::Damaged)
        return false;
    try {
        return !nlohmann::json::accept(readInput(folder / runStatusName));
    } catch (const Error&) {
        return true;
    }
}

} // namespace

std::vector<RunSummary> listRuns(const fs::path& root)
{
    requireReachable(root);
    std::error_code fault;
    if (!fs::is_directory(root, fault))
        throw Error(ErrorKind::NotFound, "There is no folder " + root.string() + ".", "Name a folder with runs.");
    std::vector<RunSummary> runs;
    std::set<std::pair<dev_t, ino_t>> seen; // links may lead back
    const std::function<void(const fs::path&)> visit = [&](const fs::path& folder) {
        struct stat facts { };
        if (stat(folder.c_str(), &facts) != 0 || !seen.emplace(facts.st_dev, facts.st_ino).second)
            return;
        if (holdsForeignEvents(folder)) // and there may be others in it
            runs.push_back({folder, describeForeign(folder).status});
        std::error_code gone; // a run's files come and go meanwhile
        if (isRunFolder(folder)) {
            if (auto status = statusOf(folder); isOurs(folder, status)) {
                runs.push_back({folder, std::move(status)});
                return;
            }
        }
        for (auto it = fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, gone);
             !gone && it != fs::directory_iterator(); it.increment(gone))
            if (std::error_code ignored; it->is_directory(ignored) && it->path().filename() != trashName)
                visit(it->path());
    };
    visit(root);
    std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.folder < b.folder; });
    return runs;
}

} // namespace icae

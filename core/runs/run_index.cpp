#include "runs/run_index.h"

#include "protocol/error.h"
#include "runs/run_status.h"

#include <algorithm>

namespace icae {

namespace fs = std::filesystem;

std::vector<RunSummary> listRuns(const fs::path& root)
{
    std::error_code fault;
    if (!fs::is_directory(root, fault))
        throw Error(ErrorKind::NotFound, "There is no folder " + root.string() + ".", "Name a folder with runs.");
    std::vector<RunSummary> runs;
    const auto add = [&](const fs::path& folder) {
        if (!fs::exists(folder / runStatusName, fault))
            return false;
        RunSummary run{folder, {}};
        try {
            run.status = readRunStatus(folder);
        } catch (const Error& error) {
            run.status.state = RunState::Damaged;
            run.status.reason = error.message();
        }
        runs.push_back(std::move(run));
        return true;
    };
    if (!add(root)) {
        auto it = fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, fault);
        for (; !fault && it != fs::recursive_directory_iterator(); it.increment(fault)) {
            std::error_code gone; // a run's files come and go meanwhile
            if (it->is_directory(gone) && add(it->path()))
                it.disable_recursion_pending();
        }
    }
    std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.folder < b.folder; });
    return runs;
}

} // namespace icae

#pragma once

#include "protocol/run_status.h"

#include <filesystem>
#include <vector>

namespace icae {

/// One run as others see it.
struct RunSummary {
    std::filesystem::path folder;
    RunStatus status;
};

/// Where deleted runs are kept, beside those that are there.
inline constexpr auto trashName = ".trash";

/// A run's status; Damaged, with the reason, where it cannot be read.
RunStatus statusOf(const std::filesystem::path& run);

/// Whether a folder holds a run of this program, also where its status is gone.
bool isRunFolder(const std::filesystem::path& folder);

/// Runs in and below a folder, by name; links are followed, each folder is looked at once, deleted runs are left out.
/// TensorBoard's folders of other programs are among them.
/// One whose status cannot be read is Damaged; a status.json of another program makes no run.
/// @throws Error (NotFound) where there is no such folder
std::vector<RunSummary> listRuns(const std::filesystem::path& root);

} // namespace icae

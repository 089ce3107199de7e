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

/// Runs in and below a folder, by name. One whose status cannot be read is Damaged.
/// @throws Error (NotFound) where there is no such folder
std::vector<RunSummary> listRuns(const std::filesystem::path& root);

} // namespace icae

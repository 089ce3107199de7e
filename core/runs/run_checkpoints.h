#pragma once

#include "protocol/run_messages.h"

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

namespace icae {

/// A training run's checkpoints/step-N: `position.json` says where it stands, `DONE` that it is whole. Beside what the
/// run goes on from it holds, as kept/step-N does, adapter/ and, where the job trains it, base/.
inline constexpr auto checkpointPositionName = "position.json";
inline constexpr auto checkpointDoneName = "DONE";
inline constexpr std::string_view stepPrefix = "step-";

/// Folders step-N in a folder, by N.
std::vector<std::pair<std::int64_t, std::filesystem::path>> stepsIn(const std::filesystem::path& folder);

/// Whole checkpoints and kept models of a run, by step.
/// @param status of the run: where its validation was best
std::vector<RunCheckpoint> checkpointsOf(const std::filesystem::path& run, const RunStatus& status);

} // namespace icae

#pragma once

#include "protocol/train_messages.h"
#include "train/job.h"

#include <filesystem>
#include <optional>

namespace icae {

/// What a form shows of a job, and every problem that can be told at once with its field. Never throws for a fault of
/// the job; takes some milliseconds.
/// @param folder that relative paths start from
TrainCheck reportOnJob(std::string_view job, const std::filesystem::path& folder);

} // namespace icae

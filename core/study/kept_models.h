#pragma once

#include "icae/model.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace icae {

/// What a training run has kept of one of its steps.
struct KeptModel {
    std::int64_t step = 0;
    ModelPaths paths;
};

/// Where a run keeps a step's model: kept/step-N, with adapter/ and, where the job trains it, base/.
std::filesystem::path keptFolder(const std::filesystem::path& run, std::int64_t step);

/// The models that a run has kept, by step; where it kept none, the one that it exported last.
/// @throws Error (NotFound) where there is none at all
std::vector<KeptModel> keptModels(const std::filesystem::path& run);

} // namespace icae

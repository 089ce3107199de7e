#pragma once

#include <filesystem>

namespace icae {

/// The folder inside a training run's checkpoint, kept model or export that holds its adapter; else the folder itself.
std::filesystem::path adapterInside(const std::filesystem::path& folder);

/// The run that a path lies in; empty where it lies in none.
std::filesystem::path runAround(const std::filesystem::path& path);

/// The base that a training run was told to use: a base's folder, also where its job names a run or a model folder, and
/// where the run was moved together with it. Empty where it trains one from scratch, or is no training run.
std::filesystem::path baseOfRun(const std::filesystem::path& run);

} // namespace icae

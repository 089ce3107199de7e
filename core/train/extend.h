#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace icae {

/// Gives a training run that is over more work; it is not resumed yet. Its schedule runs over the new length from then
/// on, as if it had been that long from the beginning.
/// @param steps to add, of a job that stops by steps; @param minutes to add, of one that stops by time
/// @return what becomes of the learning rate, in sentences
/// @throws Error (InvalidInput) where it runs, is no training run, or stops by the other; as parseTrainJob() where it
///         could not go on
std::string extendTraining(const std::filesystem::path& run, std::optional<std::int64_t> steps,
                           std::optional<double> minutes);

} // namespace icae

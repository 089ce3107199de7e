#pragma once

#include "train/job.h"

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace icae {

/// Notes in a new run what its numbers follow from: hashes of the job and of the files with data that it names.
/// @param jobText what config.json holds
/// @throws Error (Io, Cancelled)
void writeRunInputs(const std::filesystem::path& run, const TrainJob& job, const std::string& jobText,
                    const std::stop_token& stop);

/// Looks whether a run can go on with what it began with. When it stops and what it writes may be changed. A run that
/// has no such notes gets them.
/// @param accept whether other inputs are to be taken; the notes then say so
/// @return what has changed, in sentences
/// @throws Error (Mismatch) naming what has changed, unless it is accepted; (Io, Cancelled)
std::vector<std::string> requireSameInputs(const std::filesystem::path& run, const TrainJob& job,
                                           const std::string& jobText, bool accept, const std::stop_token& stop);

} // namespace icae

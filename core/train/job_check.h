#pragma once

#include "train/job.h"

#include <string>

namespace icae {

/// Looks at everything that a job names, before any work: device and precision, base, tokenizer and weights to start
/// from, positions that the samples reach, kinds of data files, and whether the validation texts are long enough.
/// @param device as chooseDevice()
/// @throws Error naming the field at fault
void checkTrainJob(const TrainJob& job, const std::string& device);

/// Shape of the base that a job trains or reads.
LlmConfig baseConfigOf(const TrainJob& job);

/// The tokenizer.model of a job's base.
std::filesystem::path tokenizerFileOf(const TrainJob& job);

} // namespace icae

#pragma once

#include "icae/base_identity.h"
#include "protocol/run_messages.h"
#include "train/job.h"

#include <string>
#include <vector>

namespace icae {

/// Looks at everything that a job names, before any work: device and precision, base, tokenizer and weights to start
/// from, positions that the samples reach, kinds of data files, and whether the validation texts are long enough.
/// @param device as chooseDevice()
/// @param hashing of the base, where an adapter to start from names the one that it was trained on
/// @throws Error naming the field at fault; (Cancelled)
void checkTrainJob(const TrainJob& job, const std::string& device, const HashOptions& hashing = {});

/// What of that can be told without reading all of a file: quick enough for each key that is pressed.
/// @return a problem a field at most
std::vector<SpecProblem> quickProblemsOf(const TrainJob& job, const std::string& device);

/// Shape of the base that a job trains or reads.
LlmConfig baseConfigOf(const TrainJob& job);

/// The tokenizer.model of a job's base.
std::filesystem::path tokenizerFileOf(const TrainJob& job);

} // namespace icae

#pragma once

#include "protocol/train_messages.h"
#include "train/trainer.h"

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

namespace icae {

/// Does what a job does for some seconds, here: its largest batches, steps, an evaluation and a checkpoint; nothing
/// stays. That memory runs out is an answer.
/// @param begun when the process did, as a run's would
/// @throws Error as train(); (Cancelled)
TrainEstimate measureJob(const TrainJob& job, const TrainOptions& options, const std::stop_token& stop,
                         std::chrono::steady_clock::time_point begun);

/// The same in a process of its own, which nothing that happens to it concerns. Corpora are tokenised in one before it:
/// they stay in the cache, so that a run finds them there and takes neither that time nor that memory.
/// @param folder that relative paths of the job start from
/// @param device as the command line has it; empty: the job's
/// @throws Error with what the process said; (Cancelled)
TrainEstimate estimateApart(std::string_view job, const std::filesystem::path& folder, const std::string& device,
                            const std::stop_token& stop);

} // namespace icae

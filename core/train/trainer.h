#pragma once

#include "protocol/progress.h"
#include "runs/run_directory.h"
#include "train/job.h"
#include "train/rank_place.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace icae {

struct TrainOptions {
    std::filesystem::path run; ///< folder
    bool resume = false;
    bool acceptChanges = false; ///< resume also where data or job are not what the run began with; it notes that
    std::string device = "auto";
    bool queue = false; ///< wait until the runs before it have left the device
    RankPlace place = {}; ///< of this process among those that train the job together
    std::chrono::seconds patience{600}; ///< without progress, after which a rank is taken to hang
    bool plainKernels = false;
    std::filesystem::path cacheFolder; ///< of tokenised corpora; empty: the default
    ProgressCallback progress;
    std::function<void(const std::string&)> message; ///< lines for a person; may be empty
};

/// Runs a job to its end, or until asked to stop: then a checkpoint is written first.
///
/// The run's folder holds config.json, status.json, metrics.jsonl, samples.jsonl, log.txt, TensorBoard's event file,
/// checkpoints/ and model/ with base and adapter as every other command reads them. On the CPU the losses of a resumed
/// run equal those of an unbroken one bit for bit.
///
/// Of several ranks each calls this in a process of its own. Every batch follows from the job and its number alone; a
/// rank reads its part of it, and gradients add up to those of the whole. Rank 0 alone has the folder; all end
/// together, whatever ends one of them.
/// @param jobText what config.json is to hold: the job with absolute paths
/// @return the last status
/// @throws Error; the run's status then says "failed" and why
RunStatus train(const TrainJob& job, const std::string& jobText, const TrainOptions& options,
                const std::stop_token& stop);

/// Tokenises a job's corpora into the cache, without training, and looks whether it can train on them.
void prepareCorpora(const TrainJob& job, const TrainOptions& options, const std::stop_token& stop);

} // namespace icae

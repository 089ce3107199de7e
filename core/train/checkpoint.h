#pragma once

#include "icae/adapter_config.h"
#include "protocol/run_status.h"
#include "train/loss_sum.h"
#include "train/optimizer.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace icae {

/// Where a run stands, beside its numbers. Batches and dropout depend on the step alone, so this is all there is.
struct TrainPosition {
    std::int64_t step = 0;
    double seconds = 0; ///< of training
    std::int64_t tokens = 0; ///< context tokens
    std::int64_t evaluated = 0; ///< step of the last whole evaluation
    std::optional<BestValue> watched; ///< of the validation
    LossSums pending; ///< losses since the last line of metrics.jsonl
    std::string optimizer = "adamw"; ///< in whose order the numbers stand
    BaseHashes base; ///< of what the numbers need to be the same; empty where it does not matter, or is unknown
};

/// A position as text, for checkpoints and other ranks.
std::string toText(const TrainPosition& position);
/// @param source name for messages
/// @throws Error (InvalidInput)
TrainPosition parsePosition(const std::string& text, const std::string& source);

/// Whether a run has a whole checkpoint.
bool hasCheckpoint(const std::filesystem::path& run);

/// Writes checkpoints/step-N: aside, flushed to the disk, marked DONE, then renamed; then drops the oldest beyond
/// `keep`, and what killed processes left of others.
/// @param addModel writes what has been learnt into the folder, as every other command reads it
/// @throws Error (Io) naming the disk where it is full; earlier checkpoints stay
void writeCheckpoint(const std::filesystem::path& run, const TrainPosition& position, const Optimizer& optimizer,
                     std::int64_t keep, const std::function<void(const std::filesystem::path&)>& addModel);

/// Reads the newest whole checkpoint into the optimizer (and so into the network). One that was changed since it was
/// written is passed over for the one before.
/// @param warn is told of that in a sentence
/// @return nothing where there is none
/// @throws Error (Mismatch) where it belongs to another job; (Io, InvalidInput) where it is damaged
std::optional<TrainPosition> readCheckpoint(const std::filesystem::path& run, const Optimizer& optimizer,
                                            const std::function<void(const std::string&)>& warn = {});

} // namespace icae

#pragma once

#include "train/ranks.h"
#include "train/trainer.h"

#include <functional>
#include <string>

namespace icae {

/// What train() does once a rank has its place: loads, goes through the steps, and ends with all other ranks.
/// @param directory of rank 0; others have none
/// @param status what the run's last process wrote, where it is resumed
/// @param loaded called when all that the job needs could be read
/// @return the last status
/// @throws Error as train()
RunStatus trainInRun(const TrainJob& job, const std::string& jobText, const TrainOptions& options,
                     const RunDirectory* directory, const RunStatus& status, Ranks& ranks,
                     const std::function<void()>& loaded);

} // namespace icae

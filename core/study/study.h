#pragma once

#include "protocol/progress.h"
#include "protocol/run_messages.h"
#include "protocol/run_status.h"
#include "protocol/study.h"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace icae {

struct StudyOptions {
    std::filesystem::path run; ///< folder
    bool resume = false;
    std::string version; ///< of the program
    ProgressCallback progress;
    std::function<void(const std::string&)> message; ///< lines for a person; may be empty
};

/// Measures what a spec asks, into a run's folder: config.json (StudyConfig), status.json, log.txt and cells.jsonl, a
/// line a sample. The same spec gives the same lines on the same device, but for seconds; so does one that was killed
/// and resumed. Between forwards it gives way to an engine that answers a person on the same device.
/// @param spec as parseStudySpec() gives it; of a run that is resumed, its own
/// @return the last status
/// @throws Error; the run's status then says "failed" and why, and what was measured stays
RunStatus runStudy(const StudySpec& spec, const StudyOptions& options, const std::stop_token& stop);

/// How long a study takes, from its first unit of the largest cell.
/// @throws Error as runStudy()
StudyEstimate estimateStudy(const StudySpec& spec, const ProgressCallback& progress, const std::stop_token& stop);

} // namespace icae

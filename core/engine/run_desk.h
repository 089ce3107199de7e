#pragma once

#include "protocol/run_messages.h"
#include "protocol/train_messages.h"

#include <filesystem>
#include <mutex>
#include <stop_token>
#include <string>

namespace icae {

/// How the engine answers requests about runs: they are processes of their own, and their folders are the truth. Knows
/// nothing but where new ones are started. Safe to use from several threads.
class RunDesk {
public:
    RunList list(const ListRunsParams& params) const;
    RunContent read(const ReadRunParams& params) const;
    RunInfo start(const StartRunParams& params) const;
    RunInfo stop(const RunParams& params) const;
    RunInfo resume(const ResumeRunParams& params) const;
    RunInfo rename(const RenameRunParams& params) const;
    DeletedRun discard(const RunParams& params) const;
    RunInfo restore(const DeletedRun& params) const;
    RunsFolder folder(const RunsFolderParams& params);

    RunQueue queue(const RunQueueParams& params) const;
    ExtendedRun extend(const ExtendRunParams& params) const;

    StudyCheck check(const StudySpecParams& params) const;
    TrainTemplate jobTemplate(const TrainTemplateParams& params) const;
    TrainCheck checkJob(const TrainJobParams& params) const;
    TrainEstimate estimateJob(const TrainJobParams& params, const std::stop_token& stop) const;

    /// How long a study takes, by the rate of one that runs or ran; nothing where none did.
    std::optional<StudyEstimate> estimateByRate(const StudySpecParams& params) const;
    StudySample sample(const StudySampleParams& params) const;
    /// The spec with its absolute paths. @throws Error (InvalidInput) naming the field at fault
    StudySpec specOf(const StudySpecParams& params) const;

private:
    std::filesystem::path runsFolder() const;
    std::filesystem::path folderOf(const std::string& named) const;

    mutable std::mutex m_mutex; ///< of the settings file
};

} // namespace icae

#pragma once

#include "protocol/run_messages.h"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace icae {

/// Asks a run's process to stop, all of its session included; returns at once.
/// @throws Error (InvalidInput) where it does not run; (Unsupported) where it runs on another machine
void stopRun(const std::filesystem::path& run);

/// Starts this program in the background, to own a run, and waits until it does.
/// @param run a folder that exists; what the process prints is appended to its output.txt
/// @return the process
/// @throws Error (InvalidInput) where another process has the run, or with what the process said where it ended at once
pid_t launchRun(const std::filesystem::path& run, std::vector<std::string> arguments);

/// launchRun() in a folder that is made where it is missing, and that is removed again where nothing began in it.
/// @throws Error as launchRun(); (Io) where the folder cannot be made
pid_t beginRun(const std::filesystem::path& run, std::vector<std::string> arguments);

/// Starts `icae study` or `icae train` in the background.
/// @param spec text of the spec or job
/// @param runs folder in which the run's folder is made
/// @param name of that folder, made unique; empty: from the kind
/// @param folder that the spec's relative paths start from
/// @param queue of training: it waits until the runs before it have left its device
/// @return the run's folder, once its process has said that it lives
/// @throws Error (Io, InvalidInput) with what the process said where it ended at once
std::filesystem::path startRun(RunKind kind, const std::string& spec, const std::filesystem::path& runs,
                               const std::string& name, const std::filesystem::path& folder, bool queue = false);

/// Goes on with a run that is over, in the background.
/// @throws Error as startRun(); (InvalidInput) where it runs
void resumeRun(const ResumeRunParams& params);

/// @param name a file name; @return the new folder
/// @throws Error (InvalidInput) where it runs, or the name is none or is taken; (Io)
std::filesystem::path renameRun(const std::filesystem::path& run, const std::string& name);

/// Moves a run to the folder .trash beside it.
/// @throws Error (InvalidInput) where it runs; (Io)
DeletedRun deleteRun(const std::filesystem::path& run);

/// Takes a deleted run back to where it was.
/// @throws Error (NotFound, InvalidInput, Io)
void restoreRun(const DeletedRun& deleted);

} // namespace icae

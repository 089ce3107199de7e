#pragma once

#include "protocol/run_messages.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace icae {

/// The files in a study's folder: what is measured with what, and a line a sample.
inline constexpr auto studyConfigName = "config.json";
inline constexpr auto studyCellsName = "cells.jsonl";

/// config.json of a study's run.
/// @throws Error (NotFound, InvalidInput, Io) where it is none
StudyConfig readStudyConfig(const std::filesystem::path& run);

/// Samples that were appended to a study's cells.jsonl.
struct ReadSamples {
    RunCells cells;
    FilePosition next;
    bool more = false;
};

/// @param texts with ids and texts; without them a sample is a tenth as large
/// @throws Error (Io)
ReadSamples readSamples(const std::filesystem::path& file, const FilePosition& since, bool texts,
                        std::int64_t most = std::int64_t{4} << 20U);

/// All that a study's folder holds so far.
/// @throws Error (Io)
RunCells readAllSamples(const std::filesystem::path& run, bool texts);

/// The sample whose line begins at an offset, with its ids and texts.
/// @throws Error (NotFound, InvalidInput, Io)
StudySample readSampleAt(const std::filesystem::path& run, std::int64_t offset);

/// A run as lists show it. One whose status cannot be read is Damaged.
/// @throws Error (NotFound) where the folder holds no run
RunInfo describeRun(const std::filesystem::path& run);

/// What is new in a run's files.
/// @throws Error (NotFound, Io)
RunContent readRun(const ReadRunParams& params);

} // namespace icae

#pragma once

#include "protocol/run_messages.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace icae {

/// Whether a folder holds TensorBoard's event files, and nothing of ours.
bool holdsForeignEvents(const std::filesystem::path& folder);

/// Scalars that were appended to a folder's event files, as lines {"step", "wall_time", "values": {tag: number}}; what
/// is no number is null. A line {"step", "restart": true} says that what was told of that step and later ones is to be
/// forgotten.
struct ReadEvents {
    std::string lines;
    FilePosition next;
    bool restarted = false; ///< what was read before is to be forgotten
    bool more = false;
    std::vector<std::string> damage; ///< sentences on files that cannot be read to their end
};

/// Reads files in the order of their names, as TensorBoard does. A last record that is not whole waits.
/// @param most bytes to read, about
ReadEvents readForeignEvents(const std::filesystem::path& folder, const FilePosition& since, std::int64_t most);

/// A folder of event files as a run: it can be read, and nothing else.
RunInfo describeForeign(const std::filesystem::path& folder);

} // namespace icae

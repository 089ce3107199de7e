#pragma once

#include "protocol/run_messages.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace icae {

/// Whole lines that were appended to a file, and where the next reading begins.
struct AppendedLines {
    std::string lines; ///< each with its line break
    std::int64_t begin = 0; ///< offset of the first
    FilePosition next;
    bool restarted = false; ///< the file is another one than before: these are its first lines
    bool more = false; ///< further whole lines may follow at once
};

/// Reads what was appended since. A last line without its end waits; a missing file has no lines.
/// @param most bytes to read, about: at least one line where there is one
/// @throws Error (Io) where the file cannot be read
AppendedLines readAppended(const std::filesystem::path& file, const FilePosition& since, std::int64_t most);

/// The line that begins at an offset, without its end; empty where the file has none there.
std::string readLineAt(const std::filesystem::path& file, std::int64_t offset);

} // namespace icae

#pragma once

#include <cstddef>
#include <filesystem>
#include <stop_token>
#include <string>

namespace icae {

/// What may stand at a path that is read.
enum class InputKind {
    File, ///< a regular file: nothing that waits for others or never ends
    Named, ///< whatever a person named on the command line, a pipe or "-" (standard input) included
};

/// Most bytes that a text may have, and what it unpacks to.
inline constexpr std::size_t longestInput = std::size_t{2} << 30U;

struct InputOptions {
    InputKind kind = InputKind::File;
    std::size_t most = longestInput; ///< bytes
    std::stop_token stop; ///< ends waiting for a pipe
};

/// Reads all of an input, through one descriptor: what can be read only once is read whole.
/// @throws Error (NotFound, Io) where it is not there, is of another kind, cannot be read to its end, or changes while
/// it
///         is read; (InvalidInput) where it is longer than allowed; (Cancelled)
std::string readInput(const std::filesystem::path& path, const InputOptions& options = {});

/// True where a path is standard input: "-" or one of its names in /dev.
bool isStandardInput(const std::filesystem::path& path);

} // namespace icae

#pragma once

#include <filesystem>
#include <string>

namespace icae {

/// Reads a whole text, without a byte order mark.
/// @param path a file, or "-" for standard input
/// @throws Error (NotFound, Io) where it cannot be read; (InvalidInput) where it is empty, binary (holds a NUL byte) or
///         not valid UTF-8, naming the offset
std::string readTextFile(const std::filesystem::path& path);

/// Content of a text from elsewhere, without a byte order mark, with the same checks.
/// @param name for messages
/// @throws Error (InvalidInput)
std::string checkedText(std::string text, const std::string& name);

} // namespace icae

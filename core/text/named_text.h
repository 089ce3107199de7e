#pragma once

#include "input/read_input.h"

#include <string>

namespace icae {

/// Reads a text that a person named on the command line: a file, a pipe, or "-" for standard input; checked as
/// readTextFile() does.
/// @throws Error as readTextFile(); (Cancelled) where it is stopped while it waits
std::string readNamedText(const std::filesystem::path& path, const std::stop_token& stop = {});

} // namespace icae

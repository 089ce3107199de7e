#pragma once

#include <filesystem>
#include <string_view>

namespace icae {

/// For whoever takes what cannot be looked at for what is not there.
/// @throws Error (Io) where a path cannot be looked at: too long, in a circle of links, or in a folder that is closed
void requireReachable(const std::filesystem::path& path);

/// Whether the system would take a path for what stands before a zero byte in it.
bool isCutShort(std::string_view path);

} // namespace icae

#pragma once

#include <filesystem>

namespace icae {

/// A folder of the XDG base directory specification: what the variable names, or its default below the home folder. Who
/// has no home gets a folder among the temporary ones, if it is theirs alone.
/// @param variable e.g. "XDG_CACHE_HOME"; @param inHome e.g. ".cache"
/// @return empty where there is none that others could not have made
std::filesystem::path userFolder(const char* variable, const char* inHome);

/// A folder of this user among the temporary ones, made where it is missing; empty where somebody else has its name.
std::filesystem::path ownTemporaryFolder();

} // namespace icae

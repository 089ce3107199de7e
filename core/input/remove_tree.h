#pragma once

#include <filesystem>
#include <system_error>

namespace icae {

/// Removes a file, or a folder with all that is in it; links are removed, not followed. What is not there is no fault.
/// Use this and not std::filesystem::remove_all: a Python install's LibTorch brings functions of that name of its own,
/// which call ours and jump to nowhere.
/// @return why something stayed, or nothing; the rest is removed all the same
std::error_code removeTree(const std::filesystem::path& path);

} // namespace icae

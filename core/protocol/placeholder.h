#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace icae {

/// Throws Error (InvalidInput) where a file's beginning shows what stands in its place: a Git LFS pointer, or a web
/// page.
/// @param beginning some hundred bytes, or all
void refusePlaceholder(std::string_view beginning, const std::string& source);

/// Throws Error (NotFound) where a path is a link that leads nowhere, as an interrupted download leaves it.
void refuseDanglingLink(const std::filesystem::path& path);

} // namespace icae

#pragma once

#include <filesystem>
#include <string>

namespace icae {

/// How Hugging Face's cache names a repository's folder: models--ORG--NAME.
bool isHubRepository(const std::filesystem::path& folder);

/// ORG/NAME of a folder in Hugging Face's cache (a repository's, or one of its snapshots); empty elsewhere. Looks at
/// the path alone.
std::string hubName(const std::filesystem::path& folder);

} // namespace icae

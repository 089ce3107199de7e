#pragma once

#include <filesystem>

namespace icae {

/// The files of a repository in Hugging Face's cache: the folder in models--ORG--NAME/snapshots that refs/main names,
/// else the only one there.
/// @param folder models--ORG--NAME or its snapshots; any other folder comes back as it is
/// @throws Error (NotFound) where there is no snapshot, or none of several is main
std::filesystem::path hubSnapshot(const std::filesystem::path& folder);

} // namespace icae

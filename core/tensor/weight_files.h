#pragma once

#include <filesystem>
#include <vector>

namespace icae {

/// The safetensors files of a model, in the order of their names.
/// @param path a folder (model.safetensors; else the files of its index; else, without one or beside one that names
///        files of another cut, the whole set NAME-00001-of-0000N.safetensors), an index (*.index.json), or one file
/// @throws Error (NotFound) naming the file that is missing, and whether it is a link that leads nowhere;
///         (InvalidInput) for an index that cannot be read
std::vector<std::filesystem::path> weightFiles(const std::filesystem::path& path);

/// Whether a folder holds weights, whole or not.
bool holdsWeights(const std::filesystem::path& folder);

} // namespace icae

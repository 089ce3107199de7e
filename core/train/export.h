#pragma once

#include "train/network.h"

#include <filesystem>
#include <string>
#include <vector>

namespace icae {

/// Writes what every other command reads: folder/base (HF format, bfloat16) where the base is trained, and
/// folder/adapter (published tensor names, bfloat16, icae_config.json with the hashes of its base).
/// @param base hashes of the base that was loaded, where it is frozen: its folder may hold another by now
/// @param configText config.json of a base that is trained; @param beside files that belong to it: besideBase()
/// @throws Error (Io)
void exportModel(const TrainNetwork& network, const std::filesystem::path& folder, const BaseHashes& base,
                 const std::string& configText, const std::vector<std::filesystem::path>& beside);

/// What lies beside the weights of a base that a job trains, and stays as it is: its tokenizer, and
/// generation_config.json, which says what texts end with.
std::vector<std::filesystem::path> besideBase(const TrainJob& job);

/// Tries whether a job's model can be written into a folder, before any work is done for it; makes its folders.
/// @throws Error (Io)
void requireExportable(const TrainJob& job, const std::filesystem::path& folder);

} // namespace icae

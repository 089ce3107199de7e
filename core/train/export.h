#pragma once

#include "train/network.h"

#include <filesystem>

namespace icae {

/// Writes what every other command reads: folder/base (HF format, bfloat16) where the base is trained, and
/// folder/adapter (published tensor names, bfloat16, icae_config.json with the hashes of its base).
/// @param base folder of the base where it is frozen
/// @param newBase config.json of a base that is trained; @param tokenizer its tokenizer.model
void exportModel(const TrainNetwork& network, const std::filesystem::path& folder, const std::filesystem::path& base,
                 const std::string& newBase, const std::filesystem::path& tokenizer);

} // namespace icae

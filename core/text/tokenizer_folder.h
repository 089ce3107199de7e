#pragma once

#include "text/tokenizer.h"

#include <filesystem>
#include <memory>
#include <string>

namespace icae {

/// The tokenizer of a model's folder.
struct FolderTokenizer {
    std::filesystem::path file; ///< tokenizer.model or tokenizer.json; empty where there is neither
    std::shared_ptr<const Tokenizer> tokenizer;
    std::string remark; ///< a sentence on what was chosen where that is not plain
};

/// Loads it. Of two, tokenizer.model is taken where both have the same tokens by the same ids, else tokenizer.json,
/// which is what transformers reads.
/// @throws Error as Tokenizer::load()
FolderTokenizer loadFolderTokenizer(const std::filesystem::path& folder);

/// The file alone; tokenizer.model where there is none.
/// @throws Error as Tokenizer::load() where there are two
std::filesystem::path tokenizerFileIn(const std::filesystem::path& folder);

} // namespace icae

#pragma once

#include "icae/compressor.h"

#include <stop_token>
#include <string>
#include <vector>

namespace icae {

/// What is read: a memory and, where it is at hand, the text it came from.
struct Source {
    Memory memory;
    std::string text; ///< empty where unknown
    std::vector<Token> tokens; ///< of the text, as the encoder reads it
    double compressSeconds = 0; ///< 0 where nothing was compressed

    bool hasText() const { return !tokens.empty(); }
};

/// Compresses a text and keeps it beside its memory.
/// @throws Error as Compressor::compress()
Source compressSource(const Model& model, std::string text, const CompressOptions& options,
                      const ProgressCallback& progress, const std::stop_token& stop);

/// Gives a memory the text it was made from, to compare with.
/// @param name of the text, for messages
/// @throws Error (Mismatch) where it was made from another text
void attachText(Source& source, std::string text, const std::string& name, const Model& model);

} // namespace icae

#pragma once

#include "icae/compressor.h"
#include "icae/reader.h"
#include "protocol/reconstruction.h"

#include <stop_token>
#include <vector>

namespace icae {

/// Writes a memory back (autoencoding), span by span or over all spans as the adapter was trained, and measures it.
/// Each span may take as many tokens as it had.
/// @param reference the source's tokens; empty where it is not at hand: no scores then
/// @param options sampling; stop ids are set here
/// @param progress counts generated tokens
/// A stop request ends it within a token; the result then holds what was written until then.
Reconstruction reconstruct(const Model& model, const Memory& memory, const std::vector<Token>& reference,
                           GenerationOptions options, const ProgressCallback& progress, const std::stop_token& stop);

} // namespace icae

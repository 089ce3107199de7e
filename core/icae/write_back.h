#pragma once

#include "icae/reader.h"
#include "protocol/token_id.h"

namespace icae {

/// How near another token may come, in nats, before the forward that rates may choose otherwise than the one that
/// decodes: what rounding comes to.
double roundingDoubt(const Model& model);

/// Reconstructs sources that were rated already, greedily. A rating beyond doubt says that the model writes this token
/// as long as everything before was written as it stands, so the sources are taken over up to their first miss or
/// doubt, and decoding by drafts goes on from there. The texts are what token by token gives, up to rounding.
/// @param prompts of autoencoding; maxTokens says how much is written
/// @param ratings a prompt: of its source's tokens, with roundingDoubt(), and what else was rated behind
/// @param callback called for what is decoded, with the prompt's index
/// @return tokens taken over, and the misses that end them, count as drafted; the former as accepted too
/// @throws Error (InvalidInput, OutOfMemory) as Reader::generate does
Generation writeBack(const Model& model, std::span<const Prompt> prompts, std::span<const TokenIds> sources,
                     std::span<const std::vector<TokenScore>> ratings, const GenerationOptions& options,
                     const TokenCallback& callback = {}, const std::stop_token& stop = {});

} // namespace icae

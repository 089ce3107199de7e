#pragma once

#include "icae/reader.h"
#include "protocol/reconstruction.h"
#include "text/tokenizer.h"

#include <span>
#include <vector>

namespace icae {

/// Mean cross-entropy and accuracy of rated tokens; both 0 for none.
struct ForcedScores {
    double loss = 0; ///< nats a token
    double accuracy = 0; ///< share of the tokens that are the likeliest
};
ForcedScores forcedScores(std::span<const TokenScore> scores);

/// A token with its rating, as reports show it.
/// @param token id and its bytes of the text
/// @param span index into the report's spans
ScoredToken ratedToken(const Tokenizer& tokenizer, const Token& token, std::int64_t span, const TokenScore& score);

/// Ids with the bytes of Tokenizer::decode(ids) that each adds.
std::vector<Token> locateTokens(const std::shared_ptr<const Tokenizer>& tokenizer, std::span<const std::int32_t> ids);

} // namespace icae

#include "reading/rating.h"

#include "text/streaming.h"

#include <cmath>

namespace icae {

ForcedScores forcedScores(std::span<const TokenScore> scores)
{
    ForcedScores result;
    if (scores.empty())
        return result;
    for (const auto& score : scores) {
        result.loss += static_cast<double>(score.nll);
        result.accuracy += score.rank == 0 ? 1 : 0;
    }
    result.loss /= static_cast<double>(scores.size());
    result.accuracy /= static_cast<double>(scores.size());
    return result;
}

ScoredToken ratedToken(const Tokenizer& tokenizer, const Token& token, std::int64_t span, const TokenScore& score)
{
    // A vocabulary may be padded beyond the tokenizer's pieces.
    const auto pieceOf = [&](std::int32_t id) { return tokenizer.contains(id) ? tokenizer.piece(id) : std::string(); };
    ScoredToken rated;
    rated.id = token.id;
    rated.piece = pieceOf(token.id);
    rated.begin = static_cast<std::int64_t>(token.begin);
    rated.end = static_cast<std::int64_t>(token.end);
    rated.span = span;
    rated.nll = static_cast<double>(score.nll);
    rated.entropy = static_cast<double>(score.entropy);
    rated.rank = score.rank;
    for (const auto& alternative : score.alternatives)
        rated.alternatives.push_back(
            {alternative.id, pieceOf(alternative.id), std::exp(static_cast<double>(alternative.logProbability))});
    return rated;
}

std::vector<Token> locateTokens(const std::shared_ptr<const Tokenizer>& tokenizer, std::span<const std::int32_t> ids)
{
    StreamingDetokenizer text(tokenizer);
    std::vector<Token> tokens;
    std::size_t end = 0;
    for (const auto id : ids) {
        const auto begin = end;
        end += text.push(id).size();
        tokens.push_back({id, begin, end});
    }
    if (!tokens.empty())
        tokens.back().end += text.finish().size();
    return tokens;
}

} // namespace icae

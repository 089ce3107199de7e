#pragma once

#include "icae/reader.h"
#include "protocol/study.h"

#include <span>
#include <stop_token>
#include <vector>

namespace icae {

/// Which tokens of a window are missed, teacher-forced: by tenth of the window, by decile of surprisal (of the base
/// that reads the window's text alone, BOS first; ranked within the window), and by class of the token.
/// @param scores of the window's tokens, with an EOS behind the tokens of each prompt
std::vector<StudyMisses> missesOf(const Model& model, const Reader& reader, const TokenIds& ids,
                                  std::span<const TokenScore> scores, const std::stop_token& stop);

/// "digit", "name", "word", "punctuation", "code" or "other", by what a piece holds.
/// @param piece as the tokenizer stores it, with "▁" for a space
std::string tokenClass(std::string_view piece);

} // namespace icae

#pragma once

#include "llm/config.h"
#include "text/tokenizer.h"

#include <string>
#include <vector>

namespace icae {

/// Takes from the tokenizer what config.json cannot say: which rows of the vocabulary have a token, what texts begin
/// with, and whether they do.
/// @return sentences on what the two say differently, and on a missing BOS
/// @throws Error (Mismatch) where the tokenizer has more tokens than the model rows
std::vector<std::string> adoptTokenizer(LlmConfig& config, const Tokenizer& tokenizer);

/// A token for people: its piece, where it has one, and its id, e.g. "</s> (2)".
std::string describeToken(const Tokenizer* tokenizer, std::int64_t id);

} // namespace icae

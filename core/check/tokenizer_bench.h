#pragma once

#include "text/tokenizer.h"

#include <stop_token>
#include <string_view>

namespace icae {

/// Medians over several rounds.
struct TokenizerBenchResult {
    std::size_t bytes = 0; ///< of the text
    std::size_t tokens = 0;
    double oneThread = 0; ///< seconds for the text as a whole
    double allThreads = 0; ///< seconds as it is encoded everywhere else: in parts, where the tokenizer can
};

/// @throws Error (InvalidInput) for a text that is not UTF-8; (Cancelled)
TokenizerBenchResult benchTokenizer(const Tokenizer& tokenizer, std::string_view text, int rounds,
                                    const std::stop_token& stop);

} // namespace icae

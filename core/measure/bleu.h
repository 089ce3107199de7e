#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// BLEU (Papineni et al. 2002) with sacrebleu's defaults: 13a tokenisation, n-grams to 4, exponential smoothing.
struct BleuScore {
    double score = 0; ///< 0 to 1
    std::array<double, 4> precisions{}; ///< of 1- to 4-grams, 0 to 1, smoothed
    double brevityPenalty = 0;
    std::int64_t hypothesisLength = 0; ///< tokens
    std::int64_t referenceLength = 0;
};

/// mteval-v13a's tokens, as sacrebleu's tokenizer_13a gives them.
std::vector<std::string> tokenize13a(std::string_view text);

/// sacrebleu's sentence_bleu: only orders that the hypothesis is long enough for count ("effective order"). Equal
/// texts without a word, such as spaces, score 1, not 0.
BleuScore sentenceBleu(std::string_view hypothesis, std::string_view reference);

/// sacrebleu's corpus_bleu: statistics of all pairs are added up first. Both lists have one text a pair.
BleuScore corpusBleu(std::span<const std::string> hypotheses, std::span<const std::string> references);

} // namespace icae

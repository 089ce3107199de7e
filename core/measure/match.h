#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace icae {

/// Exact match as the ICAE paper measures it: length of the longest exactly matching token prefix / reference length.
/// 1 for two empty sequences, 0 for an empty reference and any other hypothesis.
double exactMatchPrefix(std::span<const std::int32_t> reference, std::span<const std::int32_t> hypothesis);

/// Share of the reference's positions at which the hypothesis has the same token; same convention when empty.
double tokenAccuracy(std::span<const std::int32_t> reference, std::span<const std::int32_t> hypothesis);

/// F1 of the bags of tokens (SQuAD, Rajpurkar et al. 2016); 1 for two empty ones, 0 where just one is empty.
double tokenF1(std::span<const std::int32_t> reference, std::span<const std::int32_t> hypothesis);

/// The same on words, as SQuAD normalises them: lower case (ASCII), without punctuation and articles.
double wordF1(std::string_view reference, std::string_view hypothesis);

/// True where both texts are the same words after SQuAD's normalisation.
bool answersMatch(std::string_view reference, std::string_view hypothesis);

} // namespace icae

#pragma once

#include "measure/diff.h"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace icae {

/// What kind of error a difference is.
enum class DifferenceClass {
    WhiteSpace, ///< white space on one side and none on the other
    CaseOrPunctuation, ///< the same words but for case and punctuation marks
    Inflection, ///< the same stem of three letters or more; endings of at most two letters on one side, four on the
                ///< other
    NumberOrName, ///< what differs holds a digit, an English number word, or a capitalised word within a sentence
    Wording, ///< words exchanged for others
    Omission, ///< words missing
    Addition, ///< words nobody wrote
    Repetition, ///< words added that stand right before or behind already
    Derailment, ///< from here on the span fails: at most one word in four is right, over at least twelve wrong ones
};
constexpr std::size_t differenceClassCount = 9;

/// Classes of the differing hunks, in their order.
/// @param spanEnds ascending byte offsets in the reference where spans end; a derailment lasts to the end of its span.
///   Empty: one span
std::vector<DifferenceClass> classifyDifferences(const TextDiff& diff, std::string_view reference,
                                                 std::string_view hypothesis,
                                                 std::span<const std::size_t> spanEnds = {});

/// How many differences there are of each class.
std::array<std::size_t, differenceClassCount> countClasses(std::span<const DifferenceClass> classes);

} // namespace icae

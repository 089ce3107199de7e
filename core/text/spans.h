#pragma once

#include <cstddef>
#include <vector>

namespace icae {

/// A run of tokens that is compressed on its own.
struct SpanRange {
    std::size_t first = 0;
    std::size_t count = 0;
};

/// Cuts a text into spans as the published code does: n = ⌈tokens / longest⌉ spans of ⌈tokens / n⌉ tokens, the last one
/// shorter. No span is empty; no tokens, no spans.
/// @param longest greatest number of tokens a span may have (slots × rate in the published code); at least 1
std::vector<SpanRange> planSpans(std::size_t tokens, std::size_t longest);

} // namespace icae

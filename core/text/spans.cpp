#include "text/spans.h"

#include <algorithm>

namespace icae {

std::vector<SpanRange> planSpans(std::size_t tokens, std::size_t longest)
{
    std::vector<SpanRange> spans;
    if (tokens == 0)
        return spans;
    const std::size_t count = (tokens + longest - 1) / longest;
    const std::size_t length = (tokens + count - 1) / count;
    for (std::size_t first = 0; first < tokens; first += length)
        spans.push_back({first, std::min(length, tokens - first)});
    return spans;
}

} // namespace icae

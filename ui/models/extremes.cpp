#include "models/extremes.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::size_t fanOut = 8;

} // namespace

Extremes::Extremes(const std::vector<double>& values)
{
    const auto summed = [](const auto& below) { // whole blocks alone: the rest is looked at one by one
        std::vector<Range> blocks(below.size() / fanOut);
        for (std::size_t i = 0; i < blocks.size() * fanOut; ++i)
            blocks[i / fanOut].add(below[i]);
        return blocks;
    };
    for (auto blocks = summed(values); !blocks.empty(); blocks = summed(m_levels.back()))
        m_levels.push_back(std::move(blocks));
}

/// At each level what is left and right of its whole blocks; those are the next level's.
Extremes::Range Extremes::of(const std::vector<double>& values, std::size_t first, std::size_t last) const
{
    Range range;
    last = std::min(last, values.size());
    const auto addEdges = [&](const auto& level) {
        for (; first < last && first % fanOut != 0; ++first)
            range.add(level[first]);
        for (; first < last && last % fanOut != 0; --last)
            range.add(level[last - 1]);
        first /= fanOut;
        last /= fanOut;
    };
    addEdges(values);
    for (std::size_t i = 0; i < m_levels.size() && first < last; ++i)
        addEdges(m_levels[i]);
    return range;
}

} // namespace icae

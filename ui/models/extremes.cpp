#include "models/extremes.h"

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

constexpr std::size_t fanOut = 16;

} // namespace

void Extremes::Range::add(double value)
{
    if (!std::isfinite(value))
        return;
    least = std::min(least, value);
    greatest = std::max(greatest, value);
}

void Extremes::Range::add(const Range& other)
{
    least = std::min(least, other.least);
    greatest = std::max(greatest, other.greatest);
}

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

/// Up the levels as far as whole blocks fit, and down again.
Extremes::Range Extremes::of(const std::vector<double>& values, std::size_t first, std::size_t last) const
{
    Range range;
    last = std::min(last, values.size());
    while (first < last) {
        std::size_t size = 1;
        std::size_t level = 0;
        while (level < m_levels.size() && first % (size * fanOut) == 0 && first + size * fanOut <= last) {
            size *= fanOut;
            ++level;
        }
        if (level == 0)
            range.add(values[first]);
        else
            range.add(m_levels[level - 1][first / size]);
        first += size;
    }
    return range;
}

} // namespace icae

#pragma once

#include <cassert>
#include <cstdint>

namespace icae {

/// A small random generator whose sequence is the same on every platform (SplitMix64, Steele et al. 2014). Each batch
/// has one of its own, seeded by job and number: nothing has to be saved to go on after a break.
class Random {
public:
    explicit Random(std::uint64_t seed)
        : m_state(seed)
    {
    }

    /// The generator of item `index` of a stream.
    static Random of(std::uint64_t seed, std::uint64_t stream, std::uint64_t index)
    {
        Random mixed(seed * 0x9E3779B97F4A7C15ULL + stream);
        return Random(mixed.next() ^ (index * 0xD1342543DE82EF95ULL));
    }

    std::uint64_t next()
    {
        std::uint64_t z = (m_state += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }

    /// In [0, 1).
    double uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

    /// In [0, count); count at least 1. The bias is below count / 2^64.
    std::int64_t below(std::int64_t count)
    {
        assert(count >= 1);
        return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(count));
    }

private:
    std::uint64_t m_state;
};

} // namespace icae

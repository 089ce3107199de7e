#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace icae {

/// Least and greatest values of stretches of a series, found without looking at each of its points: a hundred thousand
/// points are drawn as the few hundred columns of pixels that they fall on, at every frame.
class Extremes {
public:
    struct Range {
        double least = std::numeric_limits<double>::infinity();
        double greatest = -std::numeric_limits<double>::infinity();

        bool isEmpty() const { return least > greatest; }
        void add(double value) ///< what is no finite number is left out
        {
            if (!std::isfinite(value))
                return;
            least = std::min(least, value);
            greatest = std::max(greatest, value);
        }
        void add(const Range& other)
        {
            least = std::min(least, other.least);
            greatest = std::max(greatest, other.greatest);
        }
    };

    Extremes() = default;
    explicit Extremes(const std::vector<double>& values);

    /// Of the finite values of [first, last).
    /// @param values the same as at first
    Range of(const std::vector<double>& values, std::size_t first, std::size_t last) const;

private:
    std::vector<std::vector<Range>> m_levels; ///< of 8 values each, of 64, …
};

} // namespace icae

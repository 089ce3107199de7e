#pragma once

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
        void add(double value); ///< what is no finite number is left out
        void add(const Range& other);
    };

    Extremes() = default;
    explicit Extremes(const std::vector<double>& values);

    /// Of the finite values of [first, last).
    /// @param values the same as at first
    Range of(const std::vector<double>& values, std::size_t first, std::size_t last) const;

private:
    std::vector<std::vector<Range>> m_levels; ///< of 16 values each, of 256, …
};

} // namespace icae

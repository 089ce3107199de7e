#pragma once

#include <cmath>
#include <ostream>

namespace icae {

/// A number as a cell of a CSV file: what was not measured is an empty cell, not a word.
struct CsvNumber {
    double value;

    friend std::ostream& operator<<(std::ostream& out, const CsvNumber& number)
    {
        return std::isfinite(number.value) ? out << number.value : out;
    }
};

} // namespace icae

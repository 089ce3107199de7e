#pragma once

#include <cstdint>
#include <span>

namespace icae {

/// What a set of measurements looks like. All NaN where there is none, or where one of them is NaN.
struct Summary {
    std::int64_t n = 0;
    double mean = 0;
    double median = 0;
    double q1 = 0; ///< quartiles interpolate linearly between neighbours (numpy's default)
    double q3 = 0;
    double low = 0; ///< 95 % bootstrap percentile interval of the mean (Efron 1979); 2,000 resamples, fixed seed
    double high = 0;
};

Summary summarise(std::span<const double> values);

/// The value below which a share q of the values lies, interpolated linearly. 0 ≤ q ≤ 1; NaN for no values.
double quantile(std::span<const double> values, double q);

/// e to the mean loss in nats.
double perplexity(double meanLoss);

} // namespace icae

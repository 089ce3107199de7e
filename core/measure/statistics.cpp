#include "measure/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace icae {

namespace {

constexpr int resamples = 2000;
constexpr std::uint64_t seed = 20240713;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double sortedQuantile(std::span<const double> sorted, double q)
{
    const double place = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double meanOf(std::span<const double> values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

} // namespace

double quantile(std::span<const double> values, double q)
{
    if (values.empty())
        return nan;
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    return sortedQuantile(sorted, q);
}

Summary summarise(std::span<const double> values)
{
    Summary summary;
    summary.n = static_cast<std::int64_t>(values.size());
    if (values.empty() || std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); }))
        return {summary.n, nan, nan, nan, nan, nan, nan};
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    summary.mean = meanOf(values);
    summary.median = sortedQuantile(sorted, 0.5);
    summary.q1 = sortedQuantile(sorted, 0.25);
    summary.q3 = sortedQuantile(sorted, 0.75);
    // Drawn by multiplication and not by a distribution, whose results differ between standard libraries.
    std::mt19937_64 random(seed);
    std::vector<double> means(resamples);
    for (double& mean : means) {
        double total = 0;
        for (std::size_t i = 0; i < sorted.size(); ++i)
            total += sorted[static_cast<std::size_t>(static_cast<double>(random() >> 11U) * 0x1p-53
                                                     * static_cast<double>(sorted.size()))];
        mean = total / static_cast<double>(sorted.size());
    }
    std::sort(means.begin(), means.end());
    summary.low = sortedQuantile(means, 0.025);
    summary.high = sortedQuantile(means, 0.975);
    return summary;
}

double perplexity(double meanLoss)
{
    return std::exp(meanLoss);
}

} // namespace icae

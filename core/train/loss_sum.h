#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace icae {

/// Losses of one curve that are added up until somebody asks for their mean.
struct LossSum {
    double sum = 0;
    std::int64_t batches = 0;
};
using LossSums = std::map<std::string, LossSum>; ///< by curve

} // namespace icae

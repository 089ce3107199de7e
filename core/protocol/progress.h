#pragma once

#include <functional>
#include <string>

namespace icae {

/// State of a long action, as reported while it runs.
struct Progress {
    std::string phase; ///< what is being done, e.g. "Compressing"
    double done = 0; ///< units finished
    double total = 0; ///< units in all; 0 where unknown
    std::string unit; ///< e.g. "tokens", "bytes"
};

/// Called from the thread that does the work; must return quickly. An empty function means nobody listens.
using ProgressCallback = std::function<void(const Progress&)>;

} // namespace icae

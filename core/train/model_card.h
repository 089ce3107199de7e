#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace icae {

/// What a model card tells of a run.
struct CardSource {
    std::string name; ///< of the run
    std::int64_t step = 0;
    bool hasBase = false; ///< the base lies beside the adapter
    std::string version; ///< of this program
    nlohmann::ordered_json job; ///< config.json
    nlohmann::json inputs; ///< hashes by role, of inputs.json
    nlohmann::json adapter; ///< icae_config.json
    std::vector<nlohmann::json> metrics; ///< lines of metrics.jsonl up to the step
};

/// Markdown. Of files only their names are told, no paths.
std::string modelCard(const CardSource& source);

/// Losses of training and validation by step, as SVG.
std::string curvesFigure(const CardSource& source);

} // namespace icae

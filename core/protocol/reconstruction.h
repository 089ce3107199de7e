#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// How well a text came back. Absent without a reference to compare with.
struct ReconstructionScores {
    double bleu = 0; ///< 0 to 1, sacrebleu's sentence_bleu on the texts
    double em = 0; ///< exactly matching token prefix / reference tokens (the ICAE paper's EM), free-running
    double loss = 0; ///< mean cross-entropy a token in nats, text and EOS, teacher-forced
    double tokenAccuracy = 0; ///< share of those tokens that are the likeliest, teacher-forced
    double freeTokenAccuracy = 0; ///< share of positions with the right token, free-running
};

struct SpanReconstruction {
    std::int64_t tokens = 0;
    std::int64_t slots = 0;
    std::string text; ///< what the model wrote
    std::optional<ReconstructionScores> scores;
};

struct ReconstructionSeconds {
    double compress = 0; ///< 0 where a memory was read
    double prefill = 0;
    double decode = 0;
};

/// What `icae reconstruct` reports.
struct Reconstruction {
    std::string text;
    std::int64_t tokens = 0; ///< of the source
    std::int64_t slots = 0;
    double ratio = 0; ///< tokens a slot; below 1 the memory is larger than the text
    std::int64_t generatedTokens = 0;
    std::optional<ReconstructionScores> scores;
    std::vector<SpanReconstruction> spans;
    ReconstructionSeconds seconds;
    bool stopped = false; ///< ended on request before its end
    std::string device;
    std::string model;
    std::string adapter;
};

void to_json(nlohmann::json& json, const Reconstruction& value);

} // namespace icae

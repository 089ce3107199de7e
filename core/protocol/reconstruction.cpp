#include "protocol/reconstruction.h"

namespace icae {

namespace {

void addScores(nlohmann::json& json, const std::optional<ReconstructionScores>& scores)
{
    const auto set = [&](const char* key, double ReconstructionScores::*member) {
        json[key] = scores ? nlohmann::json((*scores).*member) : nlohmann::json();
    };
    set("bleu", &ReconstructionScores::bleu);
    set("em", &ReconstructionScores::em);
    set("loss", &ReconstructionScores::loss);
    set("token_accuracy", &ReconstructionScores::tokenAccuracy);
    set("free_token_accuracy", &ReconstructionScores::freeTokenAccuracy);
}

} // namespace

void to_json(nlohmann::json& json, const Reconstruction& value)
{
    json = {
        {"text", value.text},
        {"tokens", value.tokens},
        {"spans", value.spans.size()},
        {"slots", value.slots},
        {"ratio", value.ratio},
        {"generated_tokens", value.generatedTokens},
        {"stopped", value.stopped},
        {"seconds",
         {{"compress", value.seconds.compress}, {"prefill", value.seconds.prefill}, {"decode", value.seconds.decode}}},
        {"device", value.device},
        {"model", value.model},
        {"adapter", value.adapter},
    };
    addScores(json, value.scores);
    json["per_span"] = nlohmann::json::array();
    for (const auto& span : value.spans) {
        nlohmann::json entry{{"tokens", span.tokens}, {"slots", span.slots}, {"text", span.text}};
        addScores(entry, span.scores);
        json["per_span"].push_back(entry);
    }
}

} // namespace icae

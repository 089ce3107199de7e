#pragma once

#include "measure/statistics.h"
#include "protocol/json.h"

#include <optional>
#include <string>

namespace icae {

/// How well something is written after one kind of context.
struct ContextScores {
    Summary loss; ///< nats a token, teacher-forced
    std::optional<Summary> exact; ///< 1 where greedy decoding would write every token; only for questions
};

/// The same tokens after the full text, after its slots, and after nothing.
struct Conditions {
    ContextScores text;
    ContextScores slots; ///< loss.n = 0 without an adapter
    ContextScores nothing;

    /// Share of the log-perplexity between nothing and the full text that the slots win back; NaN without slots.
    double wonBack() const;
};

/// A table for people: a line a condition, then what the slots win back.
std::string toText(const Conditions& conditions);

/// Header and one line a condition:
/// context,n,loss_mean,loss_low,loss_high,perplexity[,exact_mean,exact_low,exact_high].
std::string toCsv(const Conditions& conditions);

/// The same values: {"conditions": [...], "won_back"}.
nlohmann::json toJson(const Conditions& conditions);

} // namespace icae

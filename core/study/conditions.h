#pragma once

#include "measure/statistics.h"
#include "protocol/fields.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace icae {

/// How well something is written after one kind of context.
struct ContextScores {
    Summary loss; ///< nats a token, teacher-forced
    std::optional<Summary> exact; ///< 1 where greedy decoding would write every token; only for questions

    /// Written only.
    static void describe(auto& value, auto&& field)
    {
        field.written("n", value.loss.n);
        field.written("loss_mean", value.loss.mean);
        field.written("loss_low", value.loss.low);
        field.written("loss_high", value.loss.high);
        field.written("perplexity", perplexity(value.loss.mean));
        if (value.exact) {
            field.written("exact_mean", value.exact->mean);
            field.written("exact_low", value.exact->low);
            field.written("exact_high", value.exact->high);
        }
    }
};

/// What a report has of one context.
template <typename Scores> struct ContextRow {
    std::string context; ///< "text", "slots" or "nothing"
    Scores scores;

    static void describe(auto& value, auto&& field)
    {
        field.written("context", value.context);
        Scores::describe(value.scores, field);
    }
};

/// The same tokens after the full text, after its slots, and after nothing.
struct Conditions {
    ContextScores text;
    ContextScores slots; ///< loss.n = 0 without an adapter
    ContextScores nothing;

    /// Share of the log-perplexity between nothing and the full text that the slots win back; NaN without slots.
    double wonBack() const;
    /// Those that were measured, best context first.
    std::vector<ContextRow<ContextScores>> rows() const;

    /// Written only.
    static void describe(auto& value, auto&& field)
    {
        field.written("conditions", value.rows());
        field.written("won_back", value.wonBack());
    }
};

/// A table for people: a line a condition, then what the slots win back.
std::string toText(const Conditions& conditions);

/// Header and one line a condition:
/// context,n,loss_mean,loss_low,loss_high,perplexity[,exact_mean,exact_low,exact_high].
std::string toCsv(const Conditions& conditions);

} // namespace icae

#pragma once

#include "protocol/study.h"

#include <QString>

#include <optional>
#include <string_view>
#include <vector>

namespace icae {

/// A value that a paper states.
struct PublishedPoint {
    std::string model;
    std::int64_t tokens = 0; ///< 0: not stated; here and below
    std::int64_t slots = 0;
    std::int64_t batch = 0;
    StudyContent content = StudyContent::Normal;
    StudyContext context = StudyContext::Slots;
    std::string measure;
    std::string statistic; ///< "mean" or "median"; empty: not stated
    double value = 0;
    std::string bound; ///< "above", "below" or "about" where the paper states no more; else empty

    static void describe(auto& value, auto&& field)
    {
        field("model", value.model);
        field("tokens", value.tokens);
        field("slots", value.slots);
        field("batch", value.batch);
        field("content", value.content);
        field("context", value.context);
        field.required("measure", value.measure);
        field("statistic", value.statistic);
        field.required("value", value.value);
        field("bound", value.bound);
    }
};

/// A figure or table of a paper.
struct PublishedFigure {
    std::string id;
    std::string source; ///< in the paper, e.g. "Table 3"
    StudyKind kind = StudyKind::Length;
    std::string model;
    std::int64_t slots = 0;
    std::optional<std::int64_t> n; ///< samples a point, where stated
    std::vector<PublishedPoint> points; ///< each with the figure's model and slots where it states none

    static void describe(auto& value, auto&& field)
    {
        field.required("id", value.id);
        field.required("source", value.source);
        field.required("kind", value.kind);
        field("model", value.model);
        field("slots", value.slots);
        field("n", value.n);
        field.required("points", value.points);
    }

    /// "Table 3, Llama-7b, N not stated".
    QString label() const;
};

struct PublishedFigures {
    QString paper; ///< "Ge et al., ICLR 2024"
    std::vector<PublishedFigure> figures;

    /// Those that belong beside a study of a kind. By length and by slots share theirs.
    std::vector<PublishedFigure> of(StudyKind kind) const;
};

/// @param json resources/published.json, or another file of its form
/// @throws Error (InvalidInput) naming the field at fault
PublishedFigures readPublishedFigures(std::string_view json, const std::string& source);

/// Those that come with the program.
const PublishedFigures& publishedFigures();

} // namespace icae

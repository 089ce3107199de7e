// What of a study a figure can show: its axes, its measures, and where a row lies along an axis.
#include "models/figure_axes.h"

#include "models/figure_words.h"
#include "protocol/fields.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>

namespace icae {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("FigureDocument", text);
}

} // namespace

bool isOfGroups(FigureAxis axis)
{
    return axis == FigureAxis::Place || axis == FigureAxis::Surprisal || axis == FigureAxis::Class;
}

bool isCategory(FigureAxis axis)
{
    return axis == FigureAxis::Content || axis == FigureAxis::Context || axis == FigureAxis::Model
        || axis == FigureAxis::Class;
}

double placeOf(const TableRow& row, FigureAxis axis, Categories& categories)
{
    constexpr auto none = std::numeric_limits<double>::quiet_NaN();
    const auto& cell = row.cell;
    const auto positive = [](std::int64_t value) { return value > 0 ? static_cast<double>(value) : none; };
    switch (axis) {
    case FigureAxis::Tokens:
        return positive(cell.tokens);
    case FigureAxis::Slots:
        return positive(cell.slots);
    case FigureAxis::Ratio:
        return positive(cell.tokens) / positive(cell.slots);
    case FigureAxis::Spans:
        return static_cast<double>(cell.spans);
    case FigureAxis::Batch:
        return static_cast<double>(cell.batch);
    case FigureAxis::Step:
        return static_cast<double>(cell.step);
    case FigureAxis::Content:
        return categories.of(studyContentTitle(cell.content));
    case FigureAxis::Context:
        return categories.of(studyContextTitle(cell.context));
    case FigureAxis::Model:
        return categories.of(QString::fromStdString(cell.model)
                             + (cell.step > 0 ? tr(", step %1").arg(numberText(cell.step)) : QString()));
    case FigureAxis::Place:
    case FigureAxis::Surprisal:
        return row.axis == nameOf(axis) ? std::atof(row.group.c_str()) : none;
    case FigureAxis::Class:
        return row.axis == nameOf(axis) ? categories.of(groupTitle(row.group)) : none;
    }
    return none;
}

std::vector<std::string> figureMeasures(const StudyDocument& study)
{
    return study.measures;
}

std::vector<std::string> standardMeasures(const StudyDocument& study)
{
    std::vector<std::string> wanted;
    switch (study.config.spec.kind) {
    case StudyKind::Length:
    case StudyKind::Slots:
    case StudyKind::Models:
        wanted = {"bleu", "em", "loss"};
        break;
    case StudyKind::Content:
        wanted = {"bleu", "loss"};
        break;
    case StudyKind::Continuation:
        wanted = {"perplexity"};
        break;
    case StudyKind::Latency:
        wanted = {"compress_seconds", "prefill_seconds", "decode_seconds", "anew_seconds"};
        break;
    case StudyKind::Questions:
        wanted = {"exact", "f1", "loss"};
        break;
    case StudyKind::Position:
        wanted = {"miss_rate"};
        break;
    }
    std::erase_if(wanted, [&](const std::string& name) {
        return std::find(study.measures.begin(), study.measures.end(), name) == study.measures.end();
    });
    if (wanted.empty() && !study.measures.empty())
        wanted.push_back(study.measures.front());
    return wanted;
}

std::vector<FigureAxis> figureAxes(const StudyDocument& study)
{
    using enum FigureAxis;
    std::vector<FigureAxis> wanted;
    switch (study.config.spec.kind) {
    case StudyKind::Length:
    case StudyKind::Latency:
    case StudyKind::Continuation:
        wanted = {Tokens, Ratio, Slots, Spans, Batch};
        break;
    case StudyKind::Slots:
        wanted = {Slots, Ratio, Tokens, Spans};
        break;
    case StudyKind::Content:
        wanted = {Content, Tokens, Slots, Ratio};
        break;
    case StudyKind::Models:
        wanted = {Model, Step, Tokens, Slots, Ratio};
        break;
    case StudyKind::Questions:
        wanted = {Context};
        break;
    case StudyKind::Position:
        wanted = {Place, Surprisal, Class};
        break;
    }
    wanted.push_back(Model);
    std::vector<FigureAxis> axes;
    const auto varies = [&](FigureAxis axis) {
        Categories categories;
        std::set<double> places;
        for (const auto& cell : study.cells) {
            const auto add = [&](const TableRow& row) {
                if (const auto at = placeOf(row, axis, categories); !std::isnan(at))
                    places.insert(at);
            };
            if (isOfGroups(axis))
                for (const auto& group : cell->groups)
                    add(group);
            else
                add(cell->row);
        }
        return places.size() > 1;
    };
    for (const auto axis : wanted)
        if (varies(axis) && std::find(axes.begin(), axes.end(), axis) == axes.end())
            axes.push_back(axis);
    const auto steps = std::find(axes.begin(), axes.end(), Step); // of checkpoints: before their names
    if (steps != axes.end() && study.config.spec.kind == StudyKind::Models)
        std::rotate(axes.begin(), steps, steps + 1);
    if (axes.empty())
        axes.push_back(wanted.front());
    return axes;
}

bool hasHeatMap(const StudyDocument& study)
{
    std::set<std::int64_t> tokens;
    std::set<std::int64_t> slots;
    for (const auto& cell : study.cells)
        if (cell->cell().tokens > 0 && cell->cell().slots > 0) {
            tokens.insert(cell->cell().tokens);
            slots.insert(cell->cell().slots);
        }
    return tokens.size() > 1 && slots.size() > 1;
}

} // namespace icae

#include "study/grid.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::int64_t coarseShare = 12; // of a cell's samples, in the first round
constexpr std::int64_t mostAtOnce = 32; // enough for fast products, few enough to see a figure sharpen

std::vector<StudyContext> contextsOf(StudyKind kind)
{
    switch (kind) {
    case StudyKind::Continuation:
        return {StudyContext::Text, StudyContext::Slots, StudyContext::Cut, StudyContext::Nothing};
    case StudyKind::Questions:
        return {StudyContext::Slots, StudyContext::Text, StudyContext::Nothing};
    case StudyKind::Latency:
        return {StudyContext::Text, StudyContext::Slots};
    default:
        return {StudyContext::Slots};
    }
}

template <typename T> std::vector<T> orOne(const std::vector<T>& values, T one)
{
    return values.empty() ? std::vector<T>{one} : values;
}

} // namespace

std::vector<GridCell> cellsOf(const StudySpec& spec, const std::vector<FoundModel>& models, std::int64_t span)
{
    std::vector<GridCell> cells;
    for (std::size_t m = 0; m < models.size(); ++m)
        for (const auto content : orOne(spec.contents, StudyContent::Normal))
            for (const auto length : orOne<std::int64_t>(spec.lengths, 0))
                for (const auto spans : orOne<std::int64_t>(spec.spans, 1))
                    for (const auto batch : orOne<std::int64_t>(spec.batches, 1))
                        for (const auto context : contextsOf(spec.kind))
                            for (const auto slots : orOne<std::int64_t>(spec.slots, 0)) {
                                StudyCell cell{models[m].name, models[m].step, content, context, 0, 0, spans, 1};
                                cell.batch = batch;
                                cell.tokens = length * spans;
                                if (spec.kind == StudyKind::Latency && span > 0)
                                    cell.spans = (length + span - 1) / span;
                                const bool withSlots = context == StudyContext::Slots;
                                if (withSlots && slots == 0 && spec.kind == StudyKind::Continuation)
                                    continue; // a base alone
                                if (withSlots)
                                    cell.slots = slots * cell.spans;
                                // What reads no slots is the same for every slot count.
                                if (!withSlots && slots != orOne<std::int64_t>(spec.slots, 0).front())
                                    continue;
                                cells.push_back({std::move(cell), m});
                            }
    return cells;
}

std::vector<StudyUnit> unitsOf(const StudySpec& spec, std::size_t cells)
{
    std::vector<StudyUnit> units;
    const auto atOnce = spec.kind == StudyKind::Latency ? std::int64_t{1} : mostAtOnce;
    auto count = std::clamp<std::int64_t>(spec.windows / coarseShare, 1, atOnce);
    for (std::int64_t first = 0; first < spec.windows;) {
        for (std::size_t cell = 0; cell < cells; ++cell)
            units.push_back({cell, first, std::min(count, spec.windows - first)});
        first += count;
        count = atOnce;
    }
    return units;
}

} // namespace icae

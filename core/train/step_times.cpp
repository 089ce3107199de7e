#include "train/step_times.h"

#include "train/step_runner.h"

#include <algorithm>
#include <numeric>

namespace icae {

std::int64_t sizeOf(const Batch& batch)
{
    return batch.spanRows * batch.spanLength
        + batch.sequences * (batch.leftLength + batch.slotsOfSequence() + batch.textLength);
}

void StepTimes::expect(const Batch& batch)
{
    auto& kind = m_kinds[batch.objective];
    if (auto& uses = kind.uses[batch.shape()]; uses < StepRunner::usesToSettle)
        ++uses;
    kind.size += static_cast<double>(sizeOf(batch));
    ++m_batches;
}

void StepTimes::timed(const Batch& batch, double seconds, bool settled)
{
    auto& kind = m_kinds[batch.objective];
    const Timed timed{seconds, static_cast<double>(sizeOf(batch))};
    if (settled) {
        kind.settled.push_back(timed);
        return;
    }
    const auto uses = kind.uses.find(batch.shape());
    const bool counts = uses != kind.uses.end() && uses->second > 0;
    if (counts)
        --uses->second;
    kind.settling.push_back({timed, counts});
}

std::int64_t StepTimes::timed(Objective objective) const
{
    const auto kind = m_kinds.find(objective);
    return kind == m_kinds.end() ? 0 : std::ssize(kind->second.settled);
}

/// What comes later is what a long job does: caches and clocks settle, too.
double StepTimes::Kind::rate() const
{
    double seconds = 0;
    double timedSize = 0;
    for (auto i = settled.size() / 2; i < settled.size(); ++i) {
        seconds += settled[i].seconds;
        timedSize += settled[i].size;
    }
    return seconds / std::max(timedSize, 1.0);
}

double StepTimes::secondsABatch() const
{
    double seconds = 0;
    for (const auto& [objective, kind] : m_kinds)
        seconds += kind.size * kind.rate();
    return seconds / std::max(m_batches, 1.0);
}

double StepTimes::secondsAnUpdate() const
{
    const auto settled = m_updates.begin() + static_cast<std::ptrdiff_t>(m_updates.size() / 2); // the first are slower
    return std::accumulate(settled, m_updates.end(), 0.0)
        / std::max(static_cast<double>(m_updates.end() - settled), 1.0);
}

/// What was timed, and for each use that was not what the later ones of those took.
double StepTimes::Kind::settlingSeconds() const
{
    const auto more = [&](const Settling& each) { return each.batch.seconds - each.batch.size * rate(); };
    const auto half = settling.size() / 2;
    double counted = 0;
    double later = 0;
    for (std::size_t i = 0; i < settling.size(); ++i) {
        if (settling[i].counts)
            counted += more(settling[i]);
        if (i >= half)
            later += more(settling[i]);
    }
    std::int64_t left = 0;
    for (const auto& [shape, count] : uses)
        left += count;
    const auto lasts = static_cast<double>(settling.size() - half);
    return std::max(0.0, counted) + std::max(0.0, later) / std::max(lasts, 1.0) * static_cast<double>(left);
}

double StepTimes::settlingSeconds() const
{
    double seconds = 0;
    for (const auto& [objective, kind] : m_kinds)
        seconds += kind.settlingSeconds();
    const auto updates = std::accumulate(m_updates.begin(), m_updates.end(), 0.0)
        - secondsAnUpdate() * static_cast<double>(m_updates.size());
    return seconds + std::max(0.0, updates);
}

} // namespace icae

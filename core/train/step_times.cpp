#include "train/step_times.h"

#include "train/step_runner.h"

#include <algorithm>

namespace icae {

std::int64_t sizeOf(const Batch& batch)
{
    return batch.spanRows * batch.spanLength
        + batch.sequences * (batch.leftLength + batch.slotsOfSequence() + batch.textLength);
}

void StepTimes::expect(const Batch& batch)
{
    auto& kind = m_kinds[batch.objective];
    ++kind.uses[batch.shape()];
    kind.size += static_cast<double>(sizeOf(batch));
    ++m_batches;
}

void StepTimes::timed(const Batch& batch, double seconds, bool settled)
{
    auto& kind = m_kinds[batch.objective];
    (settled ? kind.settled : kind.settling).push_back({seconds, static_cast<double>(sizeOf(batch))});
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

double StepTimes::settlingSeconds() const
{
    double seconds = 0;
    for (const auto& [objective, kind] : m_kinds) {
        if (kind.settling.empty())
            continue;
        double more = 0;
        for (const auto& each : kind.settling)
            more += each.seconds - each.size * kind.rate();
        std::int64_t uses = 0;
        for (const auto& [shape, count] : kind.uses)
            uses += std::min(count, StepRunner::usesToSettle);
        seconds += std::max(0.0, more) / static_cast<double>(kind.settling.size()) * static_cast<double>(uses);
    }
    return seconds;
}

} // namespace icae

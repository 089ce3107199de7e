#include "protocol/progress.h"

#include <algorithm>

namespace icae {

namespace {

constexpr double firstMoments = 0.2; // seconds without a rate worth telling

} // namespace

std::optional<ProgressMeter::Reading> ProgressMeter::read(const Progress& progress, Clock::time_point now)
{
    if (progress.phase != m_phase) {
        m_phase = progress.phase;
        m_start = now;
    } else if (now - m_last < m_interval) {
        return std::nullopt;
    }
    m_last = now;
    Reading reading;
    if (progress.total > 0)
        reading.fraction = std::clamp(progress.done / progress.total, 0.0, 1.0);
    const double elapsed = std::chrono::duration<double>(now - m_start).count();
    if (elapsed > firstMoments && progress.done > 0)
        reading.rate = progress.done / elapsed;
    if (reading.rate && progress.total > progress.done)
        reading.secondsLeft = (progress.total - progress.done) / *reading.rate;
    return reading;
}

} // namespace icae

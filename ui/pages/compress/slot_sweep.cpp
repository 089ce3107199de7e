#include "pages/compress/slot_sweep.h"

#include <cmath>
#include <utility>

namespace icae {

SlotSweep::SlotSweep(EngineClient& client, QObject* parent)
    : QObject(parent)
    , m_client(client)
{
}

void SlotSweep::start(const ReconstructParams& params, const std::vector<std::int64_t>& counts)
{
    clear();
    m_params = params;
    for (const auto count : counts)
        m_steps.push_back({count, std::nullopt});
    m_at = 0;
    next();
}

void SlotSweep::next()
{
    m_request = -1;
    if (m_at >= m_steps.size()) {
        Q_EMIT ended();
        return;
    }
    m_params.source.slots = m_steps[m_at].slots;
    m_request = m_client.call(protocol::reconstruct, m_params, this,
                              {.done =
                                   [this](const ReconstructResult& result) {
                                       if (result.reconstruction.stopped) { // it is not what the slots hold
                                           m_at = m_steps.size();
                                       } else if (m_at < m_steps.size()) {
                                           m_steps[m_at].result = result;
                                           Q_EMIT stepped(static_cast<int>(m_at));
                                           ++m_at;
                                       }
                                       next();
                                   },
                               .failed =
                                   [this](const Error& why) {
                                       m_at = m_steps.size();
                                       if (why.kind() != ErrorKind::Cancelled)
                                           Q_EMIT failed(why);
                                       next();
                                   }});
}

void SlotSweep::stop()
{
    if (isRunning())
        m_client.cancel(m_request);
    m_at = m_steps.size();
}

void SlotSweep::clear()
{
    if (isRunning())
        m_client.cancel(std::exchange(m_request, -1));
    m_steps.clear();
}

int SlotSweep::mostTelling() const
{
    constexpr double telling = 0.9; // most of it is right, and something is wrong
    int best = -1;
    double least = 2;
    for (std::size_t i = 0; i < m_steps.size(); ++i) {
        const auto& result = m_steps[i].result;
        if (!result || !result->reconstruction.scores)
            continue;
        const auto& scores = *result->reconstruction.scores;
        const bool perfect = scores.bleu >= 1 && scores.em >= 1;
        const auto distance = std::abs(scores.bleu - telling) + (perfect ? 1 : 0);
        if (distance < least) {
            least = distance;
            best = static_cast<int>(i);
        }
    }
    return best;
}

} // namespace icae

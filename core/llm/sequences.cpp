#include "llm/sequences.h"

#include "tensor/finite.h"

#include <algorithm>
#include <cmath>

namespace icae {

Sequences::Sequences(std::span<const Prompt> prompts, const GenerationOptions& options, const TokenCallback& callback)
    : m_prompts(prompts)
    , m_options(options)
    , m_callback(callback)
    , m_running(prompts.size(), true)
{
    m_result.ids.resize(prompts.size());
    m_result.ends.assign(prompts.size(), EndReason::Stopped);
    for (std::size_t i = 0; i < prompts.size(); ++i)
        if (prompts[i].maxTokens <= 0)
            end(i, EndReason::MaxTokens);
}

bool Sequences::anyRunning() const
{
    return std::find(m_running.begin(), m_running.end(), true) != m_running.end();
}

std::int64_t Sequences::remaining(std::size_t sequence) const
{
    return m_prompts[sequence].maxTokens - static_cast<std::int64_t>(written(sequence).size());
}

float Sequences::lastPosition(std::size_t sequence) const
{
    return m_prompts[sequence].nextPosition + static_cast<float>(written(sequence).size()) - 1.0F;
}

bool Sequences::take(const GeneratedToken& token)
{
    if (std::isnan(token.logProbability))
        refuseNotFinite("Probabilities");
    const auto& stops = m_options.stopIds;
    if (std::find(stops.begin(), stops.end(), token.id) != stops.end()) {
        end(token.sequence, EndReason::StopToken);
        return true;
    }
    m_result.ids[token.sequence].push_back(token.id);
    if (m_callback && !m_callback(token))
        return false;
    if (remaining(token.sequence) <= 0)
        end(token.sequence, EndReason::MaxTokens);
    return true;
}

void Sequences::end(std::size_t sequence, EndReason reason)
{
    m_running[sequence] = false;
    m_result.ends[sequence] = reason;
}

} // namespace icae

#include "engine/streams.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace icae {

namespace {

constexpr auto progressInterval = std::chrono::milliseconds(100);
constexpr auto tokensInterval = std::chrono::microseconds(16667); // 60 a second

} // namespace

ProgressReporter::ProgressReporter(Channel& channel, RequestId id, std::vector<Phase> phases)
    : m_channel(channel)
    , m_id(std::move(id))
    , m_meter(progressInterval)
    , m_phases(std::move(phases))
{
}

ProgressCallback ProgressReporter::callback()
{
    return [this](const Progress& progress) { report(progress); };
}

void ProgressReporter::report(const Progress& progress)
{
    auto reading = m_meter.read(progress);
    if (!reading)
        return;
    addOthers(progress.phase, *reading);
    m_channel.notify(protocol::progress,
                     {m_id, progress.phase, progress.done, progress.total, progress.unit, reading->fraction,
                      reading->rate, reading->secondsLeft});
}

void ProgressReporter::addOthers(const std::string& phase, ProgressMeter::Reading& reading)
{
    const auto current =
        std::find_if(m_phases.begin(), m_phases.end(), [&](const Phase& one) { return one.name == phase; });
    if (current == m_phases.end() || current->share <= 0 || !reading.fraction)
        return;
    const auto now = Clock::now();
    if (!m_begun)
        m_begun = now;
    const auto add = [](double sum, const Phase& one) { return sum + one.share; };
    const auto before = std::accumulate(m_phases.begin(), current, 0.0, add);
    const auto after = std::accumulate(std::next(current), m_phases.end(), 0.0, add);
    const auto done = *reading.fraction;
    reading.fraction = (before + current->share * done) / (before + current->share + after);
    if (reading.secondsLeft) // by how fast this phase goes
        *reading.secondsLeft *= 1 + after / (current->share * (1 - done));
    else if (*reading.fraction > 0 && *reading.fraction < 1 && before > 0) // by how fast those before went
        reading.secondsLeft =
            std::chrono::duration<double>(now - *m_begun).count() * (1 - *reading.fraction) / *reading.fraction;
}

TokenStreamer::TokenStreamer(Channel& channel, RequestId id, std::shared_ptr<const Tokenizer> tokenizer, Begins begins)
    : m_channel(channel)
    , m_id(std::move(id))
    , m_tokenizer(std::move(tokenizer))
    , m_begins(begins)
{
}

void TokenStreamer::add(std::size_t parts, std::size_t part, std::int32_t token)
{
    while (m_parts.size() < parts) {
        const auto index = static_cast<std::int64_t>(m_parts.size());
        const bool begins = m_begins == Begins::EachPart || (m_begins == Begins::FirstPart && index == 0);
        m_parts.push_back({StreamingDetokenizer(m_tokenizer, begins), {index, 0, {}}});
    }
    auto& [text, pending] = m_parts[part];
    pending.text += text.push(token);
    ++pending.tokens;
    if (Clock::now() - m_last >= tokensInterval)
        flush();
}

void TokenStreamer::finish()
{
    for (auto& [text, pending] : m_parts)
        pending.text += text.finish();
    flush();
}

void TokenStreamer::flush()
{
    TokensNote note{m_id, static_cast<std::int64_t>(m_parts.size()), {}};
    for (auto& part : m_parts) {
        if (part.pending.tokens == 0 && part.pending.text.empty())
            continue;
        const auto index = part.pending.part;
        note.pieces.push_back(std::exchange(part.pending, {index, 0, {}}));
    }
    if (note.pieces.empty())
        return;
    m_last = Clock::now();
    m_channel.notify(protocol::tokens, note);
}

} // namespace icae

#include "engine/streams.h"

#include <utility>

namespace icae {

namespace {

constexpr auto progressInterval = std::chrono::milliseconds(100);
constexpr auto tokensInterval = std::chrono::microseconds(16667); // 60 a second

} // namespace

ProgressReporter::ProgressReporter(Channel& channel, RequestId id)
    : m_channel(channel)
    , m_id(std::move(id))
    , m_meter(progressInterval)
{
}

ProgressCallback ProgressReporter::callback()
{
    return [this](const Progress& progress) { report(progress); };
}

void ProgressReporter::report(const Progress& progress)
{
    const auto reading = m_meter.read(progress);
    if (!reading)
        return;
    m_channel.notify(protocol::progress,
                     {m_id, progress.phase, progress.done, progress.total, progress.unit, reading->fraction,
                      reading->rate, reading->secondsLeft});
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

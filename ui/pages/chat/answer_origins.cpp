#include "pages/chat/answer_origins.h"

#include <algorithm>

namespace icae {

namespace {

constexpr double needed = 0.3; ///< share of the strongest rise from which a span's words are looked up
constexpr std::size_t mostSpans = 4; ///< that are mapped for one answer

} // namespace

AnswerOrigins::AnswerOrigins(EngineClient& client, QObject* page)
    : QObject(page)
    , m_client(client)
    , m_page(page)
{
}

void AnswerOrigins::clear()
{
    giveWay();
    ++m_generation;
    m_known.clear();
    m_mapped.clear();
    m_lit = -1;
    Q_EMIT changed();
}

void AnswerOrigins::giveWay()
{
    if (m_mapping < 0)
        return;
    m_client.cancel(m_mapping);
    m_mapping = -1;
    m_mapped.clear(); // another look maps what is missing
}

std::optional<ChatAttribution> AnswerOrigins::attribution() const
{
    const auto found = m_known.find(m_lit);
    return found == m_known.end() ? std::nullopt : std::optional(found->second.attribution);
}

void AnswerOrigins::toggle(std::int64_t answer, const ChatAttributeParams& params)
{
    giveWay();
    if (m_lit == answer) {
        m_lit = -1;
        Q_EMIT changed();
    } else if (m_known.contains(answer)) {
        m_lit = answer;
        Q_EMIT changed();
        mapWords(answer);
    } else {
        look(answer, params, false);
    }
}

/// @param measured again: words that were mapped meanwhile
void AnswerOrigins::look(std::int64_t answer, const ChatAttributeParams& params, bool measured)
{
    m_client.call(protocol::chatAttribute, params, m_page,
                  {.done = [this, answer, params, measured, generation = m_generation](const ChatAttribution& result) {
                      if (generation != m_generation)
                          return;
                      m_known.insert_or_assign(answer, Known{params, result});
                      if (!measured)
                          m_lit = answer;
                      if (m_lit != answer)
                          return;
                      Q_EMIT changed();
                      mapWords(answer);
                  }});
}

/// The first span that the answer needs and whose words nobody has looked up: one after the other.
void AnswerOrigins::mapWords(std::int64_t answer)
{
    const auto& [params, attribution] = m_known.at(answer);
    double strongest = 0;
    for (const auto& group : attribution.groups)
        strongest = std::max(strongest, group.rise);
    std::vector<std::pair<double, ChatMapParams>> spans;
    for (const auto& group : attribution.groups) {
        if (strongest <= 0 || group.rise < needed * strongest)
            continue;
        const auto same = std::find_if(spans.begin(), spans.end(), [&](const auto& one) {
            return one.second.memory == group.memory && one.second.span == group.span;
        });
        if (same == spans.end())
            spans.push_back({group.rise, {group.memory, group.span, params.group, params.model}});
        else
            same->first = std::max(same->first, group.rise);
    }
    std::stable_sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    spans.resize(std::min(spans.size(), mostSpans));
    const auto unmeasured =
        std::find_if(spans.begin(), spans.end(), [&, &groups = attribution.groups](const auto& span) {
            return !m_mapped.contains({span.second.memory, span.second.span})
                && std::any_of(groups.begin(), groups.end(), [&](const SlotGroup& group) {
                       return group.memory == span.second.memory && group.span == span.second.span && !group.measured;
                   });
        });
    if (unmeasured == spans.end())
        return;
    m_mapped.emplace(unmeasured->second.memory, unmeasured->second.span);
    m_mapping = m_client.call(protocol::chatMap, unmeasured->second, m_page,
                              {.done =
                                   [this, answer, generation = m_generation](const ChatMap& /*the engine knows it*/) {
                                       m_mapping = -1;
                                       if (generation == m_generation)
                                           look(answer, ChatAttributeParams(m_known.at(answer).params), true);
                                   },
                               .failed = [this](const Error& /*words stay as they are*/) { m_mapping = -1; }});
}

} // namespace icae

#include "icae/source_drafter.h"

#include <algorithm>

namespace icae {

namespace {

// A longer ending that agrees says no more about where it stands.
constexpr std::size_t longestEnding = 32;
// How far off one token alone may stand and still count as found.
constexpr std::size_t nearby = 8;

std::size_t distance(std::size_t a, std::size_t b)
{
    return a > b ? a - b : b - a;
}

} // namespace

SourceDrafter::SourceDrafter(std::vector<std::vector<std::int32_t>> sources)
{
    for (auto& ids : sources)
        m_sources.push_back({std::move(ids), {}, 0, {}});
}

std::span<const std::int32_t> SourceDrafter::draft(std::size_t sequence) const
{
    const auto& source = m_sources[sequence];
    return std::span(source.ids).subspan(source.next);
}

void SourceDrafter::wrote(std::size_t sequence, std::int32_t token)
{
    auto& source = m_sources[sequence];
    source.written.push_back(token);
    const bool agrees = source.next < source.ids.size() && source.ids[source.next] == token;
    source.next = agrees ? source.next + 1 : placeAgain(source);
}

/// Behind the place in the source whose ending agrees longest with what was written, the nearest of equal ones. Where
/// that says too little, the last token is taken to stand in place of the one expected.
std::size_t SourceDrafter::placeAgain(Source& source)
{
    if (source.places.empty())
        for (std::size_t i = 0; i < source.ids.size(); ++i)
            source.places[source.ids[i]].push_back(i);
    const auto replaced = std::min(source.next + 1, source.ids.size());
    const auto found = source.places.find(source.written.back());
    if (found == source.places.end())
        return replaced;
    std::size_t best = replaced;
    std::size_t longest = 0;
    for (const auto place : found->second) {
        const auto most = std::min({longestEnding, place + 1, source.written.size()});
        std::size_t length = 1;
        while (length < most && source.ids[place - length] == source.written[source.written.size() - 1 - length])
            ++length;
        const auto next = place + 1;
        if (length > longest || (length == longest && distance(next, replaced) < distance(best, replaced))) {
            longest = length;
            best = next;
        }
    }
    return longest > 1 || distance(best, replaced) <= nearby ? best : replaced;
}

} // namespace icae

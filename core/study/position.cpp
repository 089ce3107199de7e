#include "study/position.h"

#include "measure/unicode.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

namespace icae {

namespace {

constexpr std::int64_t groups = 10;
constexpr std::string_view space = "\xE2\x96\x81"; // "▁"
constexpr std::string_view codeMarks = "{}[]()<>=;_\\/|*&^~#@$%+`";

/// Adds up by axis and group, in a fixed order.
class Counting {
public:
    void add(const std::string& axis, const std::string& group, bool missed)
    {
        const auto [place, isNew] = m_places.try_emplace({axis, group}, m_counts.size());
        if (isNew)
            m_counts.push_back({axis, group, 0, 0});
        auto& count = m_counts[place->second];
        ++count.tokens;
        count.missed += missed ? 1 : 0;
    }

    std::vector<StudyMisses> result() { return std::move(m_counts); }

private:
    std::map<std::pair<std::string, std::string>, std::size_t> m_places;
    std::vector<StudyMisses> m_counts;
};

std::string tenth(std::size_t place, std::size_t count)
{
    return std::to_string(static_cast<std::int64_t>(place) * groups / static_cast<std::int64_t>(count) + 1);
}

} // namespace

std::string tokenClass(std::string_view piece)
{
    while (piece.starts_with(space))
        piece.remove_prefix(space.size());
    if (piece.empty() || (piece.size() == 6 && piece.starts_with("<0x"))) // a byte
        return "other";
    const auto first = characterAt(piece, 0).code;
    if (first >= U'0' && first <= U'9')
        return "digit";
    if (first >= U'A' && first <= U'Z')
        return "name";
    if (codeMarks.find(piece.front()) != std::string_view::npos)
        return "code";
    if (isWordCharacter(first))
        return "word";
    return "punctuation";
}

std::vector<StudyMisses> missesOf(const Model& model, const Reader& reader, const TokenIds& ids,
                                  std::span<const TokenScore> scores, const std::stop_token& stop)
{
    // The scores without those of each prompt's EOS: one prompt, or as many as there are more scores than tokens.
    const auto prompts = scores.size() - ids.size();
    const auto perPrompt = (ids.size() + prompts - 1) / prompts;
    const auto isMissed = [&](std::size_t token) { return scores[token + token / perPrompt].rank != 0; };

    std::vector<Prompt> alone(1, reader.plain(std::array{static_cast<TokenId>(model.config().bosId)}));
    const std::vector<TokenIds> targets(1, ids);
    const auto surprisal = reader.score(alone, targets, {}, stop).front();
    std::vector<std::size_t> order(ids.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return surprisal[a].nll < surprisal[b].nll; });
    std::vector<std::size_t> rank(ids.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        rank[order[i]] = i;

    Counting counting;
    for (std::size_t i = 0; i < ids.size(); ++i)
        counting.add("place", tenth(i, ids.size()), isMissed(i));
    for (std::size_t i = 0; i < ids.size(); ++i)
        counting.add("surprisal", tenth(rank[order[i]], ids.size()), isMissed(order[i]));
    for (std::size_t i = 0; i < ids.size(); ++i)
        counting.add("class", tokenClass(model.tokenizer()->piece(ids[i])), isMissed(i));
    return counting.result();
}

} // namespace icae

#include "text/json/added_tokens.h"

#include "text/json/characters.h"

#include <algorithm>

namespace icae {

namespace {

bool endsWithWord(std::string_view text)
{
    auto at = text.size();
    return !text.empty() && isWordLetter(previousCharacter(text, at));
}

bool startsWithWord(std::string_view text)
{
    std::size_t at = 0;
    return !text.empty() && isWordLetter(nextCharacter(text, at));
}

/// Where the white space at the end of a text begins.
std::size_t spacesAtEnd(std::string_view text)
{
    auto begin = text.size();
    for (auto at = begin; at > 0; begin = at)
        if (!isWhiteSpace(previousCharacter(text, at)))
            break;
    return begin;
}

/// Where the white space at the start of a text ends.
std::size_t spacesAtStart(std::string_view text)
{
    std::size_t end = 0;
    for (auto at = end; at < text.size(); end = at)
        if (!isWhiteSpace(nextCharacter(text, at)))
            break;
    return end;
}

} // namespace

AddedTokens::AddedTokens(const JsonReader& json, const Normalizer& normalizer, PatternScratch& scratch)
{
    if (!json.has("added_tokens"))
        return;
    for (const auto& entry : json.objects("added_tokens")) {
        Added token;
        token.content = entry.text("content");
        token.id = static_cast<std::int32_t>(entry.integer("id", 0, 1 << 24));
        token.singleWord = entry.boolean("single_word", false);
        token.left = entry.boolean("lstrip", false);
        token.right = entry.boolean("rstrip", false);
        token.special = entry.boolean("special", false);
        token.normalized = entry.boolean("normalized", !token.special);
        if (token.content.empty())
            continue;
        auto sought = token.normalized ? normalizer.applied(token.content, scratch) : token.content;
        if (!sought.empty()) {
            auto& table = m_tables[token.normalized ? 1 : 0]; // NOLINT: 0 or 1
            table.empty = false;
            table.byFirst[static_cast<unsigned char>(sought.front())].push_back({std::move(sought), m_tokens.size()});
        }
        m_tokens.push_back(std::move(token));
    }
    for (auto& table : m_tables)
        for (auto& texts : table.byFirst)
            std::stable_sort(texts.begin(), texts.end(),
                             [](const Sought& a, const Sought& b) { return a.text.size() > b.text.size(); });
}

const AddedTokens::Sought* AddedTokens::longestAt(const Table& table, std::string_view text, std::size_t at) const
{
    for (const auto& sought : table.byFirst[static_cast<unsigned char>(text[at])])
        if (text.substr(at).starts_with(sought.text))
            return &sought;
    return nullptr;
}

std::vector<AddedTokens::Piece> AddedTokens::split(std::string_view text, bool normalized, ControlTokens controls) const
{
    const auto& table = m_tables[normalized ? 1 : 0]; // NOLINT: 0 or 1
    std::vector<Piece> pieces;
    std::size_t done = 0;
    for (std::size_t at = 0; !table.empty && at < text.size();) {
        const auto* found = longestAt(table, text, at);
        if (found == nullptr) {
            ++at;
            continue;
        }
        const auto& token = m_tokens[found->token];
        std::size_t begin = at;
        std::size_t end = at + found->text.size();
        at = end; // what is passed over stays text as a whole
        if (token.special && controls == ControlTokens::AsText)
            continue;
        if (token.singleWord && (endsWithWord(text.substr(0, begin)) || startsWithWord(text.substr(end))))
            continue;
        if (token.left)
            begin = std::max(spacesAtEnd(text.substr(0, begin)), done);
        if (token.right)
            end += spacesAtStart(text.substr(end));
        if (done < begin)
            pieces.push_back({done, begin, -1});
        pieces.push_back({begin, end, token.id});
        done = end;
        at = std::max(at, end);
    }
    if (done < text.size())
        pieces.push_back({done, text.size(), -1});
    return pieces;
}

bool AddedTokens::anyInTexts() const
{
    return std::any_of(m_tokens.begin(), m_tokens.end(), [](const Added& token) { return !token.special; });
}

bool AddedTokens::liesWithinWords() const
{
    return std::none_of(m_tokens.begin(), m_tokens.end(), [](const Added& token) {
        return token.left || token.right || token.singleWord || token.content.find_first_of(" \n") != std::string::npos
            || token.content.find("，") != std::string::npos || token.content.find("。") != std::string::npos;
    });
}

} // namespace icae

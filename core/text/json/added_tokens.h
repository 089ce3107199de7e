#pragma once

#include "protocol/json.h"
#include "text/json/normalizer.h"
#include "text/tokenizer.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// Tokens that are found in a text as a whole, before it is cut into words ("added_tokens").
class AddedTokens {
public:
    struct Added {
        std::string content;
        std::int32_t id = 0;
        bool singleWord = false; ///< no word character next to it
        bool left = false; ///< takes the white space before it along
        bool right = false; ///< and behind it
        bool normalized = false; ///< looked for in the normalised text
        bool special = false; ///< a control token
    };

    /// @throws Error (InvalidInput)
    AddedTokens(const JsonReader& json, const Normalizer& normalizer, PatternScratch& scratch);

    /// A stretch of a text: an added token, or what lies between two of them.
    struct Piece {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::int32_t id = -1; ///< -1: no added token
    };
    /// @param normalized which of the tokens: those for the normalised text, or the others
    std::vector<Piece> split(std::string_view text, bool normalized, ControlTokens controls) const;

    const std::vector<Added>& tokens() const { return m_tokens; }
    bool anyInTexts() const; ///< one that is recognised in a person's text
    /// Whether all of them lie within a word, so that a cut between two words cuts none.
    bool liesWithinWords() const;

private:
    struct Sought {
        std::string text;
        std::size_t token = 0;
    };
    /// Texts by their first byte, longer ones first.
    struct Table {
        std::array<std::vector<Sought>, 256> byFirst;
        bool empty = true;
    };
    const Sought* longestAt(const Table& table, std::string_view text, std::size_t at) const;

    std::vector<Added> m_tokens;
    std::array<Table, 2> m_tables; ///< for the text as it is, and for the normalised one
};

} // namespace icae

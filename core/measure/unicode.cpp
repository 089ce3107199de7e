#include "measure/unicode.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <utility>

namespace icae {

namespace {

using Range = std::pair<char32_t, char32_t>;

template <std::size_t N> bool within(char32_t c, const std::array<Range, N>& ranges)
{
    return std::any_of(ranges.begin(), ranges.end(), [c](const Range& r) { return c >= r.first && c <= r.second; });
}

// Not ICU's white space, but Python's.
constexpr std::array spaces{
    Range{0x09, 0x0D},     Range{0x1C, 0x20},     Range{0x85, 0x85},     Range{0xA0, 0xA0},     Range{0x1680, 0x1680},
    Range{0x2000, 0x200A}, Range{0x2028, 0x2029}, Range{0x202F, 0x202F}, Range{0x205F, 0x205F}, Range{0x3000, 0x3000},
};

UChar32 asIcu(char32_t c)
{
    return static_cast<UChar32>(c);
}

} // namespace

Character characterAt(std::string_view text, std::size_t offset)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
    const unsigned first = byte(0);
    if (first < 0x80)
        return {first, 1};
    const std::size_t length = first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first >= 0xF5 || offset + length > text.size())
        return {0xFFFD, 1};
    char32_t code = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U)
            return {0xFFFD, 1};
        code = (code << 6U) | (byte(i) & 0x3FU);
    }
    return {code, length};
}

std::u32string decodeUtf8(std::string_view text)
{
    std::u32string result;
    for (std::size_t i = 0; i < text.size();) {
        const auto character = characterAt(text, i);
        result += character.code;
        i += character.bytes;
    }
    return result;
}

void appendUtf8(std::string& text, char32_t c)
{
    const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
    if (c < 0x80) {
        text += static_cast<char>(c);
    } else if (c < 0x800) {
        text += static_cast<char>(0xC0U | (c >> 6U));
        tail(0);
    } else if (c < 0x10000) {
        text += static_cast<char>(0xE0U | (c >> 12U));
        tail(6);
        tail(0);
    } else {
        text += static_cast<char>(0xF0U | (c >> 18U));
        tail(12);
        tail(6);
        tail(0);
    }
}

std::string caseFolded(std::string_view text)
{
    std::string folded;
    folded.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        if (const auto c = text[i]; static_cast<unsigned char>(c) < 0x80) { // most of most texts
            folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
            ++i;
            continue;
        }
        const auto [code, bytes] = characterAt(text, i);
        appendUtf8(folded, static_cast<char32_t>(u_foldCase(static_cast<UChar32>(code), U_FOLD_CASE_DEFAULT)));
        i += bytes;
    }
    return folded;
}

bool isUnicodeSpace(char32_t c)
{
    return within(c, spaces);
}

bool isCombining(char32_t c)
{
    return c >= 0x0300
        && (u_hasBinaryProperty(asIcu(c), UCHAR_GRAPHEME_EXTEND) != 0
            || u_hasBinaryProperty(asIcu(c), UCHAR_EMOJI_MODIFIER) != 0 || c == 0x200D
            || u_charType(asIcu(c)) == U_COMBINING_SPACING_MARK);
}

bool isIdeograph(char32_t c)
{
    if (c < 0x2E80 || !isWordCharacter(c))
        return false;
    UErrorCode status = U_ZERO_ERROR;
    const auto script = uscript_getScript(asIcu(c), &status);
    return u_hasBinaryProperty(asIcu(c), UCHAR_IDEOGRAPHIC) != 0 || script == USCRIPT_HIRAGANA
        || script == USCRIPT_KATAKANA;
}

bool isWordCharacter(char32_t c)
{
    if (c < 0x80)
        return (c >= U'0' && c <= U'9') || (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z') || c == U'_';
    constexpr auto word = U_GC_L_MASK | U_GC_M_MASK | U_GC_ND_MASK | U_GC_NL_MASK;
    return (U_GET_GC_MASK(asIcu(c)) & word) != 0;
}

} // namespace icae

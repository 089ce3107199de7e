#include "measure/unicode.h"

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

constexpr std::array combining{
    Range{0x0300, 0x036F},   Range{0x0483, 0x0489}, Range{0x0591, 0x05BD}, Range{0x0610, 0x061A},
    Range{0x064B, 0x065F},   Range{0x0670, 0x0670}, Range{0x06D6, 0x06ED}, Range{0x0900, 0x0903},
    Range{0x093A, 0x094F},   Range{0x0E31, 0x0E31}, Range{0x0E34, 0x0E3A}, Range{0x0E47, 0x0E4E},
    Range{0x1AB0, 0x1AFF},   Range{0x1DC0, 0x1DFF}, Range{0x200C, 0x200D}, Range{0x20D0, 0x20FF},
    Range{0x3099, 0x309A},   Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}, Range{0x1F3FB, 0x1F3FF},
    Range{0xE0020, 0xE01EF},
};
constexpr std::array ideographs{
    Range{0x2E80, 0x2FDF}, Range{0x3005, 0x3007}, Range{0x3021, 0x3029}, Range{0x3040, 0x30FF},   Range{0x31F0, 0x31FF},
    Range{0x3400, 0x4DBF}, Range{0x4E00, 0x9FFF}, Range{0xF900, 0xFAFF}, Range{0x20000, 0x3FFFF},
};
// Punctuation and symbols outside ASCII; the rest above U+00AA counts as letters.
constexpr std::array symbols{
    Range{0x00A1, 0x00A9}, Range{0x00AB, 0x00B4}, Range{0x00B6, 0x00B9}, Range{0x00BB, 0x00BF}, Range{0x00D7, 0x00D7},
    Range{0x00F7, 0x00F7}, Range{0x02C2, 0x02DF}, Range{0x0589, 0x058A}, Range{0x05BE, 0x05BE}, Range{0x05C0, 0x05C6},
    Range{0x05F3, 0x05F4}, Range{0x0600, 0x060F}, Range{0x061B, 0x061F}, Range{0x066A, 0x066D}, Range{0x06D4, 0x06D4},
    Range{0x0964, 0x0965}, Range{0x2000, 0x206F}, Range{0x20A0, 0x20CF}, Range{0x2100, 0x214F}, Range{0x2190, 0x2BFF},
    Range{0x2E00, 0x2E7F}, Range{0x3000, 0x3004}, Range{0x3008, 0x3020}, Range{0x3030, 0x3030}, Range{0x303D, 0x303F},
    Range{0x30FB, 0x30FB}, Range{0xFD3E, 0xFD3F}, Range{0xFE10, 0xFE1F}, Range{0xFE30, 0xFE6F}, Range{0xFF00, 0xFF0F},
    Range{0xFF1A, 0xFF20}, Range{0xFF3B, 0xFF40}, Range{0xFF5B, 0xFF65}, Range{0xFFE0, 0xFFFD}, Range{0x1F000, 0x1FAFF},
};
constexpr std::array spaces{
    Range{0x09, 0x0D},     Range{0x1C, 0x20},     Range{0x85, 0x85},     Range{0xA0, 0xA0},     Range{0x1680, 0x1680},
    Range{0x2000, 0x200A}, Range{0x2028, 0x2029}, Range{0x202F, 0x202F}, Range{0x205F, 0x205F}, Range{0x3000, 0x3000},
};

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

bool isUnicodeSpace(char32_t c)
{
    return within(c, spaces);
}

bool isCombining(char32_t c)
{
    return c >= 0x0300 && within(c, combining);
}

bool isIdeograph(char32_t c)
{
    return c >= 0x2E80 && within(c, ideographs) && !within(c, symbols);
}

bool isWordCharacter(char32_t c)
{
    if (c < 0x80)
        return (c >= U'0' && c <= U'9') || (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z') || c == U'_';
    return c >= 0xAA && !isUnicodeSpace(c) && !within(c, symbols);
}

} // namespace icae

#include "text/json/characters.h"

#include <algorithm>
#include <unicode/uchar.h>

namespace icae {

namespace {

unsigned byteAt(std::string_view text, std::size_t at)
{
    return static_cast<unsigned char>(text[at]);
}

bool continues(std::string_view text, std::size_t at)
{
    return (byteAt(text, at) & 0xC0U) == 0x80U;
}

} // namespace

char32_t nextCharacter(std::string_view text, std::size_t& at)
{
    const unsigned first = byteAt(text, at++);
    if (first < 0x80U)
        return first;
    char32_t c = first & (first < 0xE0U ? 0x1FU : first < 0xF0U ? 0x0FU : 0x07U);
    while (at < text.size() && continues(text, at))
        c = (c << 6U) | (byteAt(text, at++) & 0x3FU);
    return c;
}

char32_t previousCharacter(std::string_view text, std::size_t& at)
{
    do
        --at;
    while (at > 0 && continues(text, at));
    auto place = at;
    return nextCharacter(text, place);
}

void appendCharacter(std::string& text, char32_t c)
{
    const auto put = [&](char32_t byte) { text.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
    if (c < 0x80U)
        return put(c);
    if (c < 0x800U) {
        put(0xC0U | (c >> 6U));
    } else if (c < 0x10000U) {
        put(0xE0U | (c >> 12U));
        put(0x80U | ((c >> 6U) & 0x3FU));
    } else {
        put(0xF0U | (c >> 18U));
        put(0x80U | ((c >> 12U) & 0x3FU));
        put(0x80U | ((c >> 6U) & 0x3FU));
    }
    put(0x80U | (c & 0x3FU));
}

bool isWhiteSpace(char32_t c)
{
    return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

bool isWordLetter(char32_t c)
{
    const auto code = static_cast<UChar32>(c);
    return u_hasBinaryProperty(code, UCHAR_ALPHABETIC) != 0 || u_hasBinaryProperty(code, UCHAR_JOIN_CONTROL) != 0
        || (U_MASK(u_charType(code)) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0;
}

} // namespace icae

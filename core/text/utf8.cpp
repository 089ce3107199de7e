#include "text/utf8.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

unsigned byteAt(std::string_view text, std::size_t i)
{
    return static_cast<unsigned char>(text[i]);
}

enum class Character { Valid, Invalid, Incomplete };

/// What stands at the start of a text that is not empty. The second byte's range depends on the first (RFC 3629 §4).
Character firstCharacter(std::string_view text)
{
    const std::size_t length = utf8Length(text.front());
    if (length == 0)
        return Character::Invalid;
    const unsigned first = byteAt(text, 0);
    const unsigned least = first == 0xE0 ? 0xA0U : first == 0xF0 ? 0x90U : 0x80U;
    const unsigned greatest = first == 0xED ? 0x9FU : first == 0xF4 ? 0x8FU : 0xBFU;
    for (std::size_t i = 1; i < length; ++i) {
        if (i >= text.size())
            return Character::Incomplete;
        const unsigned byte = byteAt(text, i);
        if (byte < (i == 1 ? least : 0x80U) || byte > (i == 1 ? greatest : 0xBFU))
            return Character::Invalid;
    }
    return Character::Valid;
}

} // namespace

std::size_t utf8Length(char first)
{
    const auto byte = static_cast<unsigned char>(first);
    if (byte < 0x80)
        return 1;
    if (byte >= 0xC2 && byte <= 0xDF)
        return 2;
    if (byte >= 0xE0 && byte <= 0xEF)
        return 3;
    return byte >= 0xF0 && byte <= 0xF4 ? 4 : 0;
}

std::optional<std::size_t> firstInvalidUtf8(std::string_view text)
{
    std::size_t i = 0;
    while (i < text.size()) {
        if (firstCharacter(text.substr(i)) != Character::Valid)
            return i;
        i += utf8Length(text[i]);
    }
    return std::nullopt;
}

std::string replaceInvalidUtf8(std::string_view text)
{
    Utf8Stream stream;
    auto result = stream.push(text); // before finish(): operands of + are evaluated in any order
    return result += stream.finish();
}

std::string Utf8Stream::push(std::string_view bytes)
{
    m_pending += bytes;
    std::string out;
    std::size_t i = 0;
    while (i < m_pending.size()) {
        const auto rest = std::string_view(m_pending).substr(i);
        const auto kind = firstCharacter(rest);
        if (kind == Character::Incomplete)
            break;
        const std::size_t length = kind == Character::Valid ? utf8Length(rest.front()) : 1;
        out += kind == Character::Valid ? rest.substr(0, length) : replacement;
        i += length;
    }
    m_pending.erase(0, i);
    return out;
}

std::string Utf8Stream::finish()
{
    std::string out;
    for (std::size_t i = 0; i < m_pending.size(); ++i)
        out += replacement;
    m_pending.clear();
    return out;
}

} // namespace icae

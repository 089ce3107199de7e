#include "text/json/byte_alphabet.h"

#include "text/json/characters.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace icae {

namespace {

constexpr int characters = 0x144; // the last byte without a character of its own has U+0143

/// Bytes by their characters, -1 for none: printable ones of Latin-1 stand for themselves, the others in turn for
/// U+0100 and on (bytes_to_unicode() of GPT-2's encoder.py).
constexpr std::array<std::int16_t, characters> makeAlphabet()
{
    std::array<std::int16_t, characters> alphabet{};
    for (auto& byte : alphabet)
        byte = -1;
    int next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
        const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
        alphabet.at(static_cast<std::size_t>(printable ? byte : next++)) = static_cast<std::int16_t>(byte);
    }
    return alphabet;
}

constexpr auto alphabet = makeAlphabet();
constexpr std::string_view digits = "0123456789ABCDEF";

} // namespace

std::optional<std::string> bytesOfName(std::string_view name)
{
    std::string bytes;
    for (std::size_t at = 0; at < name.size();) {
        const auto c = nextCharacter(name, at);
        if (c >= alphabet.size() || alphabet[c] < 0) // NOLINT: below its size
            return std::nullopt;
        bytes.push_back(static_cast<char>(alphabet[c])); // NOLINT: below its size
    }
    return bytes;
}

std::optional<unsigned char> byteOfFallback(std::string_view name)
{
    if (name.size() != 6 || !name.starts_with("<0x") || name[5] != '>')
        return std::nullopt;
    unsigned byte = 0;
    const auto [end, fault] = std::from_chars(name.data() + 3, name.data() + 5, byte, 16);
    if (fault != std::errc() || end != name.data() + 5)
        return std::nullopt;
    return static_cast<unsigned char>(byte);
}

std::string fallbackOfByte(unsigned char byte)
{
    std::string name = "<0x00>";
    name[3] = digits[byte >> 4U];
    name[4] = digits[byte & 15U];
    return name;
}

} // namespace icae

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace icae {

/// GPT-2's alphabet: a printable character for each byte, so that any bytes can be written as a JSON text. A token's
/// name in a byte-level vocabulary -> its bytes; nothing where a character stands for no byte.
std::optional<std::string> bytesOfName(std::string_view name);

/// The byte that <0x41> names; nothing for any other name.
std::optional<unsigned char> byteOfFallback(std::string_view name);

/// <0x41> for 'A'.
std::string fallbackOfByte(unsigned char byte);

} // namespace icae

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace icae {

/// Byte offset of the first byte that is not valid UTF-8 (RFC 3629: no overlong forms, no surrogates, at most
/// U+10FFFF); nothing where the whole text is valid.
std::optional<std::size_t> firstInvalidUtf8(std::string_view text);

/// Bytes a character has by its first byte, 1 to 4; 0 where no character starts with it.
std::size_t utf8Length(char first);

/// The text with every byte that is not valid UTF-8 replaced by U+FFFD.
std::string replaceInvalidUtf8(std::string_view text);

/// Cuts a stream of bytes at character boundaries: a character split over several pieces comes out once, whole.
class Utf8Stream {
public:
    /// @return the characters completed by these bytes; what can no longer become one is U+FFFD
    std::string push(std::string_view bytes);
    /// @return what is left over, as U+FFFD
    std::string finish();

private:
    std::string m_pending;
};

} // namespace icae

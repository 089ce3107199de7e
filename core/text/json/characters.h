#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace icae {

/// The character at a place of a valid text; moves the place behind it.
char32_t nextCharacter(std::string_view text, std::size_t& at);

/// The character before a place of a valid text; moves the place to it.
char32_t previousCharacter(std::string_view text, std::size_t& at);

void appendCharacter(std::string& text, char32_t c);

bool isWhiteSpace(char32_t c); ///< Unicode's White_Space
bool isWordLetter(char32_t c); ///< \w of Rust's regular expressions

} // namespace icae

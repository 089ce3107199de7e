#pragma once

#include <string>
#include <string_view>

namespace icae {

/// The sign that stands for a white-space character where it is all that differs: ↵, ⇥, ␣; others as they are.
char32_t spaceSign(char32_t c);

/// True for white space and nothing else, of at least one character.
bool isOnlySpace(std::string_view text);

/// A text that consists of white space alone by its signs, its line breaks kept behind theirs; others as they are.
std::string withVisibleSpace(std::string_view text);

} // namespace icae

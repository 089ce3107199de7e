#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace icae {

/// One character of a text and its bytes.
struct Character {
    char32_t code = 0; ///< U+FFFD for a byte that is not valid UTF-8
    std::size_t bytes = 1;
};

/// The character at a byte offset below the text's size.
Character characterAt(std::string_view text, std::size_t offset);

std::u32string decodeUtf8(std::string_view text);
void appendUtf8(std::string& text, char32_t c);
/// A text whose letters have no case, to be searched in: each character folded on its own.
std::string caseFolded(std::string_view text);

/// White space as Python's str.split() sees it.
bool isUnicodeSpace(char32_t c);
/// A mark that belongs to the character before it (combining marks, joiners, variation selectors, skin tones).
bool isCombining(char32_t c);
/// A character that is a word by itself: CJK ideographs, kana, Hangul syllables stay as they are written.
bool isIdeograph(char32_t c);
/// A letter, digit or underscore of any script; everything else but white space is punctuation.
bool isWordCharacter(char32_t c);

} // namespace icae

#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace icae {

/// Where a tokenizer lets a text be cut so that its parts, encoded on their own, give the tokens of the whole.
enum class PartPlaces {
    BeforeSpaces, ///< pieces hold no line break, and a space only in front: before a line break, and before a single
                  ///< space between two other characters
    BetweenWords, ///< words begin with a space: before a single space between two ASCII letters, before a line break
                  ///< behind one, and before a comma or stop behind an ideograph
};

/// Offsets at which a text can be cut. The first is 0.
///
/// Where the cuts are depends on the characters around them, so that a change moves only those near it.
std::vector<std::size_t> partBegins(std::string_view text, PartPlaces places);

/// Calls work(0) to work(count − 1), on several threads where there is more than one; the calling one takes part.
/// @throws what work throws, once all threads have ended
void forEachPart(std::size_t count, const std::function<void(std::size_t)>& work);

} // namespace icae

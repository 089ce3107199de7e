#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace icae {

/// Offsets at which a text can be cut so that its parts, encoded on their own, give the tokens of the whole, for a
/// tokenizer whose pieces hold no line break, and a space only in front: before a line break, and before a single space
/// between two other characters. The first is 0.
///
/// Where the cuts are depends on the characters around them, so that a change moves only those near it.
std::vector<std::size_t> partBegins(std::string_view text);

/// Calls work(0) to work(count − 1), on several threads where there is more than one; the calling one takes part.
/// @throws what work throws, once all threads have ended
void forEachPart(std::size_t count, const std::function<void(std::size_t)>& work);

} // namespace icae

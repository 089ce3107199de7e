#pragma once

#include <string>

namespace icae {

/// A text as UTF-8 without a byte order mark: UTF-16 and UTF-32 are known by theirs, all else is left as it is.
/// @param name for messages
/// @throws Error (InvalidInput) where a text that is marked so is cut off or holds what is no character
std::string asUtf8(std::string bytes, const std::string& name);

/// "UTF-16LE" or "UTF-16BE" where bytes without a mark look like that; empty otherwise.
std::string unmarkedEncoding(const std::string& bytes);

} // namespace icae

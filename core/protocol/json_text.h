#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace icae {

/// JSON as text that is valid whatever stands in its strings: bytes that are not UTF-8, as in names of files, become
/// U+FFFD.
/// @param indent spaces a level; -1: one line
inline std::string jsonText(const nlohmann::json& json, int indent = -1)
{
    return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace icae

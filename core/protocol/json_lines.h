#pragma once

#include "protocol/json.h"

#include <functional>
#include <string>
#include <string_view>

namespace icae {

/// Calls `use` with the object of each line, in order; lines of white space are passed over.
/// @param source name for messages, which say "SOURCE line N"
/// @throws Error (InvalidInput) for a line that holds no JSON object; what `use` throws
void forEachJsonLine(std::string_view text, const std::string& source,
                     const std::function<void(const JsonReader& row)>& use);

} // namespace icae

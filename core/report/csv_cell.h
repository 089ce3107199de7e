#pragma once

#include <string>

namespace icae {

/// A text as a cell of a CSV file (RFC 4180). One that a spreadsheet would take for a formula begins with an
/// apostrophe.
inline std::string csvCell(const std::string& text)
{
    const bool formula = !text.empty() && std::string("=+-@\t\r").find(text.front()) != std::string::npos;
    const auto shown = formula ? "'" + text : text;
    if (shown.find_first_of(",\"\r\n") == std::string::npos)
        return shown;
    std::string result = "\"";
    for (const char c : shown)
        result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + "\"";
}

} // namespace icae

#include "protocol/json_lines.h"

#include <algorithm>

namespace icae {

void forEachJsonLine(std::string_view text, const std::string& source,
                     const std::function<void(const JsonReader& row)>& use)
{
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        const auto line = text.substr(begin, end - begin);
        begin = end + 1;
        ++number;
        if (line.find_first_not_of(" \t\r") != std::string_view::npos)
            use(JsonReader::parse(line, source + " line " + std::to_string(number)));
    }
}

} // namespace icae

#include "input/unicode_text.h"

#include "protocol/error.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace icae {

namespace {

using namespace std::string_view_literals;

struct Encoding {
    std::string_view name;
    std::string_view mark;
    std::size_t width; ///< bytes a unit
    bool bigEndian;
};
// The longer mark of UTF-32LE begins with that of UTF-16LE.
constexpr std::array encodings{
    Encoding{"UTF-32", "\xFF\xFE\0\0"sv, 4, false},
    Encoding{"UTF-32", "\0\0\xFE\xFF"sv, 4, true},
    Encoding{"UTF-16", "\xFF\xFE"sv, 2, false},
    Encoding{"UTF-16", "\xFE\xFF"sv, 2, true},
};
constexpr auto utf8Mark = "\xEF\xBB\xBF"sv;

std::uint32_t unitAt(std::string_view bytes, std::size_t at, const Encoding& encoding)
{
    std::uint32_t unit = 0;
    for (std::size_t i = 0; i < encoding.width; ++i) {
        const auto byte = static_cast<unsigned char>(bytes[at + (encoding.bigEndian ? i : encoding.width - 1 - i)]);
        unit = unit << 8U | byte;
    }
    return unit;
}

void append(std::string& text, std::uint32_t c)
{
    const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0U | c >> 6U);
        put(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        put(0xE0U | c >> 12U);
        put(0x80U | (c >> 6U & 0x3FU));
        put(0x80U | (c & 0x3FU));
    } else {
        put(0xF0U | c >> 18U);
        put(0x80U | (c >> 12U & 0x3FU));
        put(0x80U | (c >> 6U & 0x3FU));
        put(0x80U | (c & 0x3FU));
    }
}

bool isHigh(std::uint32_t unit)
{
    return unit >= 0xD800 && unit < 0xDC00;
}

bool isLow(std::uint32_t unit)
{
    return unit >= 0xDC00 && unit < 0xE000;
}

std::string decode(std::string_view bytes, const Encoding& encoding, const std::string& name)
{
    const auto refuse = [&](std::size_t at) {
        throw Error(ErrorKind::InvalidInput,
                    name + " is not valid " + std::string(encoding.name) + ": byte " + std::to_string(at)
                        + " starts no character.",
                    "Convert it again, for example: iconv -f " + std::string(encoding.name) + " -t UTF-8.");
    };
    std::string text;
    text.reserve(bytes.size());
    for (std::size_t at = encoding.mark.size(); at < bytes.size(); at += encoding.width) {
        if (bytes.size() - at < encoding.width)
            refuse(at);
        auto unit = unitAt(bytes, at, encoding);
        if (encoding.width == 2 && isHigh(unit) && bytes.size() - at >= 4) {
            const auto low = unitAt(bytes, at + 2, encoding);
            if (!isLow(low))
                refuse(at);
            unit = 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00);
            at += 2;
        }
        if (isHigh(unit) || isLow(unit) || unit > 0x10FFFF)
            refuse(at);
        append(text, unit);
    }
    return text;
}

} // namespace

std::string asUtf8(std::string bytes, const std::string& name)
{
    for (const auto& encoding : encodings)
        if (bytes.starts_with(encoding.mark))
            return decode(bytes, encoding, name);
    if (bytes.starts_with(utf8Mark))
        bytes.erase(0, utf8Mark.size());
    return bytes;
}

std::string unmarkedEncoding(const std::string& bytes)
{
    constexpr std::size_t enough = 4096;
    const auto pairs = std::min(bytes.size(), enough) / 2;
    std::size_t first = 0;
    std::size_t second = 0;
    for (std::size_t i = 0; i < pairs; ++i) {
        first += bytes[2 * i] == '\0' ? 1 : 0;
        second += bytes[2 * i + 1] == '\0' ? 1 : 0;
    }
    if (second * 2 > pairs && first * 10 < pairs)
        return "UTF-16LE";
    return first * 2 > pairs && second * 10 < pairs ? "UTF-16BE" : "";
}

} // namespace icae

#include "measure/visible_space.h"

#include "measure/unicode.h"

namespace icae {

char32_t spaceSign(char32_t c)
{
    if (c == U'\n' || c == U'\r' || c == U'\v' || c == U'\f' || c == 0x85 || c == 0x2028 || c == 0x2029)
        return U'↵';
    if (c == U'\t')
        return U'⇥';
    return isUnicodeSpace(c) ? U'␣' : c;
}

bool isOnlySpace(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const auto [code, bytes] = characterAt(text, at);
        if (!isUnicodeSpace(code))
            return false;
        at += bytes;
    }
    return !text.empty();
}

std::string withVisibleSpace(std::string_view text)
{
    if (!isOnlySpace(text))
        return std::string(text);
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const auto [code, bytes] = characterAt(text, at);
        appendUtf8(result, spaceSign(code));
        if (code == U'\n')
            result += '\n';
        at += bytes;
    }
    return result;
}

} // namespace icae

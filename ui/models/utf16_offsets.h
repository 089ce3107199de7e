#pragma once

#include <QString>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// Translates between byte offsets of a UTF-8 text, which the engine counts in, and QString's UTF-16 positions.
/// Offsets within a character mean its begin, those behind the text its end. Both ways cost O(1) amortised.
class Utf16Offsets {
public:
    Utf16Offsets() = default;
    explicit Utf16Offsets(std::string_view text);

    qsizetype toUtf16(std::size_t byte) const;
    std::size_t toByte(qsizetype position) const;

private:
    struct Mark {
        std::size_t byte = 0;
        qsizetype position = 0;
    };
    static constexpr std::size_t stride = 64;
    static std::size_t unitsAt(unsigned char lead) { return lead >= 0xF0 ? 2 : 1; }
    static std::size_t bytesAt(unsigned char lead);

    std::string m_text;
    std::vector<Mark> m_marks; ///< the first character that begins at or behind each multiple of `stride` bytes
};

} // namespace icae

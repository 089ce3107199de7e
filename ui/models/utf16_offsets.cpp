#include "models/utf16_offsets.h"

#include <algorithm>

namespace icae {

std::size_t Utf16Offsets::bytesAt(unsigned char lead)
{
    return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
}

Utf16Offsets::Utf16Offsets(std::string_view text)
    : m_text(text)
{
    m_marks.reserve(text.size() / stride + 1);
    qsizetype position = 0;
    for (std::size_t byte = 0; byte < m_text.size();) {
        if (byte >= m_marks.size() * stride)
            m_marks.push_back({byte, position});
        const auto lead = static_cast<unsigned char>(m_text[byte]);
        byte += bytesAt(lead);
        position += static_cast<qsizetype>(unitsAt(lead));
    }
    m_marks.push_back({m_text.size(), position});
}

qsizetype Utf16Offsets::toUtf16(std::size_t byte) const
{
    if (m_marks.empty() || byte >= m_text.size())
        return m_marks.empty() ? 0 : m_marks.back().position;
    const auto after = std::upper_bound(m_marks.begin(), m_marks.end(), byte,
                                        [](std::size_t at, const Mark& mark) { return at < mark.byte; });
    auto [at, position] = *std::prev(after);
    while (true) {
        const auto lead = static_cast<unsigned char>(m_text[at]);
        if (at + bytesAt(lead) > byte)
            return position;
        at += bytesAt(lead);
        position += static_cast<qsizetype>(unitsAt(lead));
    }
}

std::size_t Utf16Offsets::toByte(qsizetype target) const
{
    if (m_marks.empty() || target >= m_marks.back().position)
        return m_text.size();
    const auto after = std::upper_bound(m_marks.begin(), m_marks.end(), target,
                                        [](qsizetype at, const Mark& mark) { return at < mark.position; });
    if (after == m_marks.begin())
        return 0;
    auto [at, position] = *std::prev(after);
    while (true) {
        const auto lead = static_cast<unsigned char>(m_text[at]);
        if (position + static_cast<qsizetype>(unitsAt(lead)) > target)
            return at;
        at += bytesAt(lead);
        position += static_cast<qsizetype>(unitsAt(lead));
    }
}

} // namespace icae

#include "protocol/frame.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

namespace icae {

namespace {

constexpr std::string_view lengthField = "content-length";
constexpr std::string_view headerEnd = "\r\n\r\n";
constexpr std::size_t longestHeader = 4096;

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The length that a header names; nothing where it names none, or no number.
std::optional<std::uint64_t> contentLength(std::string_view header)
{
    std::optional<std::uint64_t> length;
    while (!header.empty()) {
        const auto end = std::min(header.find("\r\n"), header.size());
        const auto line = header.substr(0, end);
        header.remove_prefix(std::min(end + 2, header.size()));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos)
            return std::nullopt;
        if (!std::equal(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), lengthField.begin(),
                        lengthField.end(), [](char a, char b) { return lower(a) == b; }))
            continue;
        const auto value = trimmed(line.substr(colon + 1));
        std::uint64_t number = 0;
        const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
        if (length || parsed.ec != std::errc() || parsed.ptr != value.data() + value.size())
            return std::nullopt;
        length = number;
    }
    return length;
}

} // namespace

std::string framed(std::string_view content)
{
    std::string frame = "Content-Length: " + std::to_string(content.size());
    frame += headerEnd;
    frame += content;
    return frame;
}

FrameReader::FrameReader(std::size_t longest)
    : m_longest(longest)
{
}

void FrameReader::append(std::string_view bytes)
{
    if (m_state == State::Skipping && m_used == m_buffer.size()) { // a gigabyte to be skipped is never held
        const auto skipped = std::min(m_left, bytes.size());
        bytes.remove_prefix(skipped);
        m_left -= skipped;
        if (m_left > 0)
            return;
        m_state = State::Header;
    }
    m_buffer.erase(0, m_used);
    m_used = 0;
    m_buffer += bytes;
}

std::optional<Frame> FrameReader::next()
{
    while (true) {
        switch (m_state) {
        case State::Header:
            if (auto fault = readHeader())
                return fault;
            if (m_state == State::Header)
                return std::nullopt;
            break;
        case State::Content: {
            if (m_buffer.size() - m_used < m_left)
                return std::nullopt;
            Frame frame{m_buffer.substr(m_used, m_left), {}};
            m_used += m_left;
            m_state = State::Header;
            return frame;
        }
        case State::Skipping: {
            const auto skipped = std::min(m_left, m_buffer.size() - m_used);
            m_used += skipped;
            m_left -= skipped;
            if (m_left > 0)
                return std::nullopt;
            m_state = State::Header;
            break;
        }
        case State::Searching: {
            const auto unread = m_buffer.begin() + static_cast<std::ptrdiff_t>(m_used);
            const auto found = std::search(unread, m_buffer.end(), lengthField.begin(), lengthField.end(),
                                           [](char a, char b) { return lower(a) == b; });
            if (found == m_buffer.end()) {
                const auto unreadSize = m_buffer.size() - m_used;
                m_used += unreadSize - std::min(unreadSize, lengthField.size() - 1);
                return std::nullopt;
            }
            m_used = static_cast<std::size_t>(found - m_buffer.begin());
            m_state = State::Header;
            break;
        }
        }
    }
}

std::optional<Frame> FrameReader::readHeader()
{
    const auto unread = std::string_view(m_buffer).substr(m_used);
    const auto end = unread.substr(0, longestHeader).find(headerEnd);
    if (end == std::string_view::npos) {
        if (unread.size() >= longestHeader)
            return lose("A header is longer than " + std::to_string(longestHeader) + " bytes.");
        return std::nullopt;
    }
    const auto length = contentLength(unread.substr(0, end));
    if (!length)
        return lose("A header does not name one Content-Length in bytes.");
    m_used += end + headerEnd.size();
    m_left = static_cast<std::size_t>(*length);
    if (*length <= m_longest) {
        m_state = State::Content;
        return std::nullopt;
    }
    m_state = State::Skipping;
    return Frame{{},
                 "A message of " + std::to_string(*length) + " bytes is longer than the " + std::to_string(m_longest)
                     + " allowed."};
}

Frame FrameReader::lose(std::string fault)
{
    m_state = State::Searching;
    m_used += 1; // not this header again
    return {{}, std::move(fault)};
}

} // namespace icae

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace icae {

/// One message of a stream, or what was wrong with the stream.
struct Frame {
    std::string content; ///< JSON text, not looked at
    std::string fault; ///< a sentence where bytes had to be skipped; content is empty then
};

/// Content behind its header: "Content-Length: N\r\n\r\n…".
std::string framed(std::string_view content);

/// Cuts a stream of bytes into frames, however it is torn. Bytes that are no frame are skipped up to the next header,
/// and reported once; so is a frame that is longer than allowed. Holds never more than one frame and one header.
class FrameReader {
public:
    /// @param longest greatest content in bytes
    explicit FrameReader(std::size_t longest);

    void append(std::string_view bytes);
    std::optional<Frame> next(); ///< nothing until more bytes come

    bool midFrame() const
    {
        return m_state != State::Header || m_used < m_buffer.size();
    } ///< the stream may not end here

private:
    enum class State {
        Header, ///< a header is expected or being read
        Content, ///< m_left bytes of content are missing
        Skipping, ///< m_left bytes of content are of no interest
        Searching, ///< the stream is out of step until the next header
    };
    std::optional<Frame> readHeader();
    Frame lose(std::string fault);

    std::size_t m_longest = 0;
    State m_state = State::Header;
    std::string m_buffer;
    std::size_t m_used = 0; ///< bytes of the buffer that are dealt with
    std::size_t m_left = 0;
};

} // namespace icae

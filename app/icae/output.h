#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

namespace icae {

/// Opens descriptors 0 to 2 on /dev/null where they are closed, so that no file of the program gets their numbers.
/// Standard output is then open for reading alone: who closed it is told that a result was lost.
void openStandardDescriptors();

/// A text as it may stand on a terminal: control characters as visible signs (␛ ␇ ␍), what is no UTF-8 as U+FFFD.
std::string visible(std::string_view text);

/// Standard output and standard error while this lives: on a terminal control characters come as visible signs,
/// elsewhere bytes are exact, and what standard output does not take is an error at once. One at a time.
class StandardStreams {
public:
    StandardStreams();
    ~StandardStreams();
    StandardStreams(const StandardStreams&) = delete;
    StandardStreams& operator=(const StandardStreams&) = delete;

    /// Writes what is left. @throws Error (Io) where standard output does not take it
    static void finish();

private:
    class Buffer;
    friend void writeTrusted(std::ostream& stream, std::string_view text);

    std::unique_ptr<Buffer> m_output;
    std::unique_ptr<Buffer> m_errors;
    std::streambuf* m_outputBefore = nullptr;
    std::streambuf* m_errorsBefore = nullptr;
    std::ostream* m_tiedBefore = nullptr;
};

/// Writes text whose control characters are the program's own: colours, a progress line.
void writeTrusted(std::ostream& stream, std::string_view text);

} // namespace icae

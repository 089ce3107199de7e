#include "output.h"

#include "protocol/error.h"
#include "text/utf8.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <utility>

namespace icae {

namespace {

constexpr std::size_t worthWriting = std::size_t{1} << 16U;

/// Signs for the control characters of whole UTF-8. A carriage return stays before a line break.
/// @param last whether nothing follows; otherwise a carriage return at the end is left in `text`
std::string signs(std::string& text, bool last)
{
    std::string shown;
    std::size_t i = 0;
    for (; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
        if (c == '\r' && i + 1 == text.size() && !last)
            break;
        if (c == '\n' || c == '\t' || (c == '\r' && next == '\n')) {
            shown += text[i];
        } else if (c < 0x20 || c == 0x7F) { // U+2400 and following
            shown += "\xE2\x90";
            shown += static_cast<char>(c == 0x7F ? 0xA1 : 0x80 + c);
        } else if (c == 0xC2 && next >= 0x80 && next < 0xA0) { // C1
            shown += "\xEF\xBF\xBD";
            ++i;
        } else {
            shown += text[i];
        }
    }
    text.erase(0, i);
    return shown;
}

} // namespace

void openStandardDescriptors()
{
    constexpr std::array modes{O_RDONLY, O_RDONLY, O_WRONLY};
    for (int file = 0; file < std::ssize(modes); ++file)
        if (fcntl(file, F_GETFD) < 0 && errno == EBADF) // NOLINT(cppcoreguidelines-pro-type-vararg): POSIX
            open("/dev/null", modes.at(static_cast<std::size_t>(file))); // NOLINT: the lowest free number, this one
}

std::string visible(std::string_view text)
{
    auto whole = replaceInvalidUtf8(text);
    return signs(whole, true);
}

class StandardStreams::Buffer : public std::streambuf {
public:
    /// @param required whether what is lost is an error
    Buffer(int file, bool required)
        : m_file(file)
        , m_required(required)
        , m_terminal(isatty(file) == 1)
    {
    }

    void writeTrusted(std::string_view text)
    {
        empty();
        m_ready.append(text);
        empty();
    }

    /// Writes also what may be half a character.
    void finish()
    {
        if (m_terminal) {
            m_characters += m_stream.finish();
            m_ready += signs(m_characters, true);
        }
        empty();
        if (m_required)
            requireReader();
    }

protected:
    int_type overflow(int_type c) override
    {
        if (c != traits_type::eof()) {
            const auto byte = traits_type::to_char_type(c);
            take({&byte, 1});
        }
        return traits_type::not_eof(c);
    }

    std::streamsize xsputn(const char* bytes, std::streamsize count) override
    {
        take({bytes, static_cast<std::size_t>(count)});
        return count;
    }

    int sync() override
    {
        empty();
        return 0;
    }

private:
    void take(std::string_view bytes)
    {
        if (m_terminal) {
            m_characters += m_stream.push(bytes);
            m_ready += signs(m_characters, false);
        } else {
            m_ready += bytes;
        }
        if (m_ready.size() >= worthWriting)
            empty();
    }

    void empty()
    {
        const auto text = std::exchange(m_ready, {});
        std::string_view left = text;
        while (!left.empty() && !m_lost) {
            const auto written = ::write(m_file, left.data(), left.size());
            if (written >= 0) {
                left.remove_prefix(static_cast<std::size_t>(written));
            } else if (errno == EAGAIN) {
                pollfd waiting{m_file, POLLOUT, 0};
                poll(&waiting, 1, -1);
            } else if (errno != EINTR) {
                lose(errno);
            }
        }
    }

    /// Says it once; a stream that failed takes all else without a word.
    void lose(int fault)
    {
        m_lost = true;
        if (!m_required)
            return;
        throw Error(ErrorKind::Io, std::string("Standard output does not take the result: ") + why(fault) + ".",
                    fault == ENOSPC ? "Free space on that disk, or write elsewhere." : "Write it elsewhere.");
    }

    /// Where SIGPIPE is ignored, a reader that goes before it has read is noticed here; one that is slow is let be.
    void requireReader()
    {
        struct sigaction action { };
        struct stat kind { };
        if (m_lost || fstat(m_file, &kind) != 0 || !S_ISFIFO(kind.st_mode) || sigaction(SIGPIPE, nullptr, &action) != 0
            || action.sa_handler != SIG_IGN)
            return;
        constexpr int looks = 25;
        constexpr int wait = 10; // milliseconds
        for (int i = 0, unread = 1; i < looks && unread > 0; ++i) {
            pollfd output{m_file, 0, 0};
            if (poll(&output, 1, wait) > 0 && (output.revents & POLLERR) != 0)
                lose(EPIPE);
            if (m_lost || ioctl(m_file, FIONREAD, &unread) != 0) // NOLINT(cppcoreguidelines-pro-type-vararg): POSIX
                return;
        }
    }

    static std::string why(int fault)
    {
        return fault == EPIPE ? "who read it is gone"
            : fault == EBADF  ? "it is closed"
                              : std::strerror(fault); // NOLINT(concurrency-mt-unsafe)
    }

    int m_file;
    bool m_required;
    bool m_terminal;
    bool m_lost = false;
    Utf8Stream m_stream;
    std::string m_characters; ///< whole ones that wait for what follows
    std::string m_ready; ///< as it is to be written
};

StandardStreams::StandardStreams()
    : m_output(std::make_unique<Buffer>(STDOUT_FILENO, true))
    , m_errors(std::make_unique<Buffer>(STDERR_FILENO, false))
    , m_outputBefore(std::cout.rdbuf(m_output.get()))
    , m_errorsBefore(std::cerr.rdbuf(m_errors.get()))
{
    std::cout.exceptions(std::ios::badbit); // what the buffer throws is to arrive,
    m_tiedBefore = std::cerr.tie(nullptr); // but not while another error is told
}

StandardStreams::~StandardStreams()
{
    std::cerr.tie(m_tiedBefore);
    std::cout.exceptions(std::ios::goodbit);
    std::cout.rdbuf(m_outputBefore);
    std::cerr.rdbuf(m_errorsBefore);
}

void StandardStreams::finish()
{
    for (auto* stream : {&std::cerr, &std::cout})
        if (auto* buffer = dynamic_cast<Buffer*>(stream->rdbuf()))
            buffer->finish();
}

void writeTrusted(std::ostream& stream, std::string_view text)
{
    if (auto* buffer = dynamic_cast<StandardStreams::Buffer*>(stream.rdbuf()))
        buffer->writeTrusted(text);
    else
        stream << text;
}

} // namespace icae

#include "runs/appended_lines.h"

#include "protocol/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longestLine = std::size_t{64} << 20U; // a file without line breaks is no log

/// A file that is open for reading.
class OpenFile {
public:
    explicit OpenFile(const fs::path& path)
        : m_path(path)
        , m_file(open(path.c_str(), O_RDONLY | O_CLOEXEC)) // NOLINT: POSIX
    {
        if (m_file < 0 && errno != ENOENT)
            fail();
    }
    ~OpenFile()
    {
        if (m_file >= 0)
            close(m_file);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    bool exists() const { return m_file >= 0; }

    /// Another one for a file that was written anew, even where the system gives it the number of the one before.
    std::string version() const
    {
        struct statx facts { };
        if (statx(m_file, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &facts) != 0)
            return "-";
        return std::to_string(facts.stx_ino) + "." + std::to_string(facts.stx_btime.tv_sec) + "."
            + std::to_string(facts.stx_btime.tv_nsec);
    }

    std::int64_t size() const
    {
        struct stat facts { };
        return fstat(m_file, &facts) == 0 ? facts.st_size : 0;
    }

    /// Appends up to `count` bytes to the text; false at the file's end.
    bool read(std::string& text, std::int64_t offset, std::size_t count) const
    {
        const auto before = text.size();
        text.resize(before + count);
        ssize_t got = -1;
        do
            got = pread(m_file, text.data() + before, count, offset);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            fail();
        text.resize(before + static_cast<std::size_t>(got));
        return got > 0;
    }

private:
    [[noreturn]] void fail() const
    {
        throw Error(ErrorKind::Io,
                    m_path.string() + " cannot be read: " + std::strerror(errno) + ".", // NOLINT(concurrency-mt-unsafe)
                    "Check the disk, and that you may read the file.");
    }

    const fs::path& m_path;
    int m_file;
};

} // namespace

AppendedLines readAppended(const fs::path& file, const FilePosition& since, std::int64_t most)
{
    AppendedLines result;
    const OpenFile source(file);
    if (!source.exists()) {
        result.restarted = since.offset > 0;
        return result;
    }
    result.next = {since.offset, source.version()};
    if (since.offset > 0 && (since.version != result.next.version || since.offset > source.size())) {
        result.restarted = true;
        result.next.offset = 0;
    }
    result.begin = result.next.offset;
    const auto chunk = static_cast<std::size_t>(std::clamp<std::int64_t>(most, 1, std::int64_t{1} << 26U));
    std::size_t end = std::string::npos;
    while (end == std::string::npos && result.lines.size() < longestLine
           && source.read(result.lines, result.begin + static_cast<std::int64_t>(result.lines.size()), chunk))
        end = result.lines.rfind('\n');
    result.lines.resize(end == std::string::npos ? 0 : end + 1);
    result.next.offset = result.begin + static_cast<std::int64_t>(result.lines.size());
    result.more = !result.lines.empty() && result.next.offset < source.size();
    return result;
}

std::string readLineAt(const fs::path& file, std::int64_t offset)
{
    const OpenFile source(file);
    std::string line;
    if (!source.exists() || offset < 0)
        return line;
    constexpr std::size_t chunk = std::size_t{1} << 16U;
    while (line.size() < longestLine && source.read(line, offset + static_cast<std::int64_t>(line.size()), chunk))
        if (const auto end = line.find('\n', line.size() > chunk ? line.size() - chunk : 0); end != std::string::npos)
            return line.substr(0, end);
    return {};
}

} // namespace icae

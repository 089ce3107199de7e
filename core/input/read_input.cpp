#include "input/read_input.h"

#include "input/reachable.h"
#include "protocol/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t chunk = std::size_t{1} << 16U;
constexpr int stopIsSeen = 50; // milliseconds

/// The system's words for a fault.
std::string words(int fault)
{
    return std::strerror(fault); // NOLINT(concurrency-mt-unsafe): glibc's is safe for known numbers
}

[[noreturn]] void unreadable(const std::string& name, const std::string& why,
                             const std::string& remedy = "Check that you may read it.")
{
    throw Error(ErrorKind::Io, name + " cannot be read: " + why + ".", remedy);
}

/// A descriptor that is closed again unless it is standard input.
class Descriptor {
public:
    Descriptor(const fs::path& path, const std::string& name, bool standard)
    {
        if (standard) {
            m_file = STDIN_FILENO;
            return;
        }
        m_file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); // a pipe without a writer opens
        if (m_file >= 0)
            return;
        switch (errno) {
        case ENOENT:
        case ENOTDIR:
            throw Error(ErrorKind::NotFound, "There is no file " + name + ".", "Check the path.");
        case ENAMETOOLONG:
            unreadable(name.substr(0, 80) + "…", "its name is too long", "Give it a shorter name.");
        case ELOOP:
            unreadable(name, "its symbolic links lead in a circle", "Correct the links.");
        default:
            unreadable(name, words(errno));
        }
    }
    ~Descriptor()
    {
        if (m_file > STDIN_FILENO)
            close(m_file);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int get() const { return m_file; }

private:
    int m_file = -1;
};

const char* kindOf(mode_t mode)
{
    return S_ISFIFO(mode) ? "a named pipe"
        : S_ISSOCK(mode)  ? "a socket"
        : S_ISCHR(mode)   ? "a device"
        : S_ISBLK(mode)   ? "a disk"
                          : "no regular file";
}

void requireKind(const struct stat& status, int file, const std::string& name, InputKind kind)
{
    if (S_ISDIR(status.st_mode))
        throw Error(ErrorKind::Io, name + " is a folder.", "Name a file.");
    // A device never ends; a terminal does when one says so, and /dev/null at once.
    const bool endless =
        S_ISBLK(status.st_mode) || (S_ISCHR(status.st_mode) && isatty(file) != 1 && status.st_rdev != makedev(1, 3));
    if (endless)
        throw Error(ErrorKind::Io, name + " is " + kindOf(status.st_mode) + ".", "Name a file.");
    if (kind == InputKind::File && !S_ISREG(status.st_mode))
        throw Error(ErrorKind::Io, name + " is " + kindOf(status.st_mode) + ".", "Name a regular file.");
}

[[noreturn]] void tooLong(const std::string& name, std::size_t most)
{
    const auto mebibytes = most >> 20U;
    throw Error(ErrorKind::InvalidInput,
                name + " has more than "
                    + (mebibytes > 0 ? std::to_string(mebibytes) + " MiB." : std::to_string(most) + " bytes."),
                "Split it, or name another file.");
}

/// Waits until a pipe has something to read, or ends.
void awaitInput(int file, const std::stop_token& stop)
{
    pollfd waiting{file, POLLIN, 0};
    for (int ready = 0; ready == 0 || (ready < 0 && errno == EINTR);) {
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "Stopped while waiting for input.", {});
        ready = poll(&waiting, 1, stopIsSeen);
    }
}

} // namespace

bool isStandardInput(const fs::path& path)
{
    return path == "-" || path == "/dev/stdin" || path == "/dev/fd/0" || path == "/proc/self/fd/0";
}

std::string readInput(const fs::path& path, const InputOptions& options)
{
    const bool standard = options.kind == InputKind::Named && isStandardInput(path);
    const auto name = standard ? std::string("Standard input") : path.string();
    if (!standard && isCutShort(path.native()))
        throw Error(ErrorKind::InvalidInput, "A path holds a zero byte.", "Check the path.");
    const Descriptor file(path, name, standard);
    struct stat status { };
    if (fstat(file.get(), &status) != 0)
        unreadable(name, words(errno));
    requireKind(status, file.get(), name, options.kind);
    const auto size = S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) : 0;
    if (size > options.most)
        tooLong(name, options.most);
    std::string content;
    content.reserve(size);
    std::string buffer(std::max(chunk, std::min(size + 1, chunk << 4U)), '\0');
    while (true) {
        if (!S_ISREG(status.st_mode))
            awaitInput(file.get(), options.stop);
        const auto count = read(file.get(), buffer.data(), buffer.size());
        if (count == 0)
            break;
        if (count < 0 && errno != EINTR && errno != EAGAIN)
            unreadable(name, words(errno), "Check the disk or the program that it comes from.");
        if (count > 0)
            content.append(buffer, 0, static_cast<std::size_t>(count));
        if (content.size() > options.most)
            tooLong(name, options.most);
    }
    return content;
}

} // namespace icae

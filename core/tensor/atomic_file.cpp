#include "tensor/atomic_file.h"

#include "input/reachable.h"
#include "protocol/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace icae {

namespace fs = std::filesystem;

namespace {

/// A name that hardly any other file has. It must stay below the 255 bytes that a file name may have, so it does not
/// grow out of the target's.
std::string temporaryName()
{
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::random_device random;
    std::uniform_int_distribution<std::size_t> draw(0, letters.size() - 1);
    std::string name(AtomicFile::prefix);
    for (int i = 0; i < 10; ++i)
        name += letters[draw(random)];
    return name;
}

} // namespace

AtomicFile::AtomicFile(fs::path path, std::uint64_t expectedBytes)
    : m_path(std::move(path))
    , m_expected(expectedBytes)
{
    struct stat status { };
    if (isCutShort(m_path.native()))
        throw Error(ErrorKind::InvalidInput, std::string("The path ") + m_path.c_str() + "… holds a zero byte.",
                    "Correct the path.");
    const bool exists = stat(m_path.c_str(), &status) == 0;
    const bool replaces = exists && S_ISREG(status.st_mode);
    m_direct = exists && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
    if (m_direct) {
        m_written = m_path;
        m_file = open(m_path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC); // no waiting for a pipe's reader
        if (m_file < 0 && errno == ENXIO)
            throw Error(ErrorKind::Io, m_path.string() + " is a pipe that nobody reads.", "Name a file to write.");
        if (m_file >= 0)
            fcntl(m_file, F_SETFL, fcntl(m_file, F_GETFL) & ~O_NONBLOCK); // NOLINT: POSIX
    } else if (exists && S_ISDIR(status.st_mode)) {
        throw Error(ErrorKind::Io, m_path.string() + " is a folder.", "Name a file to write.");
    } else {
        // Not mkostemp(): its files are the user's alone, and whoever asks for the umask changes it for all threads.
        do {
            m_written = m_path.parent_path() / temporaryName();
            m_file = open(m_written.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        } while (m_file < 0 && errno == EEXIST);
        if (m_file >= 0 && replaces)
            fchmod(m_file, status.st_mode & 07777U); // who could not read the old file cannot read the new one
    }
    if (m_file < 0)
        fail(errno);
}

AtomicFile::~AtomicFile()
{
    if (m_file < 0)
        return;
    close(m_file);
    if (!m_direct)
        unlink(m_written.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const auto written = ::write(m_file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            fail(errno);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

void AtomicFile::commit()
{
    // Terminals and pipes cannot be synchronised, and need not be.
    if (fsync(m_file) != 0 && errno != EINVAL && errno != EROFS)
        fail(errno);
    if (!m_direct && rename(m_written.c_str(), m_path.c_str()) != 0)
        fail(errno);
    if (close(std::exchange(m_file, -1)) != 0)
        fail(errno);
    if (m_direct)
        return;
    syncFolder(m_path.has_parent_path() ? m_path.parent_path() : fs::path("."));
}

void AtomicFile::fail(int fault) const
{
    const auto folder = m_path.has_parent_path() ? m_path.parent_path().string() : std::string("this folder");
    const auto size = m_expected == 0 ? std::string() : " (" + std::to_string(m_expected) + " bytes are needed)";
    switch (fault) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        throw Error(ErrorKind::Io,
                    m_path.string() + " was not written: the disk that holds " + folder + " is full" + size + ".",
                    "Free space there, or write to another disk.", std::strerror(fault));
    case ENOENT:
    case ENOTDIR:
        throw Error(ErrorKind::Io, m_path.string() + " cannot be written: there is no folder " + folder + ".",
                    "Create the folder first, or name another.", std::strerror(fault));
    case ENAMETOOLONG:
        throw Error(ErrorKind::Io, "The file name " + m_path.string().substr(0, 40) + "… is too long.",
                    "Use a shorter name.");
    case EACCES:
    case EPERM:
    case EROFS:
        throw Error(ErrorKind::Io, m_path.string() + " cannot be written: " + folder + " does not allow it.",
                    "Choose a folder that you may write to.", std::strerror(fault));
    default:
        throw Error(ErrorKind::Io, m_path.string() + " cannot be written: " + std::strerror(fault) + ".",
                    "Check the disk, or write to another.");
    }
}

void requireFileTarget(const fs::path& path)
{
    std::error_code ignored;
    if (const auto kind = fs::status(path, ignored); fs::exists(kind) && !fs::is_regular_file(kind))
        throw Error(ErrorKind::InvalidInput,
                    path.string() + (fs::is_directory(kind) ? " is a folder." : " is not a regular file."),
                    "Name a regular file, or a new one.");
}

void syncFolder(const fs::path& folder)
{
    const int handle = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0)
        return;
    fsync(handle);
    close(handle);
}

void writeFile(const fs::path& path, std::string_view text)
{
    AtomicFile file(path, text.size());
    file.write(std::as_bytes(std::span(text)));
    file.commit();
}

} // namespace icae

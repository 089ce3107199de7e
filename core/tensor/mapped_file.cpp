#include "tensor/mapped_file.h"

#include "protocol/error.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace icae {

namespace fs = std::filesystem;

namespace {

/// A mapping that a signal handler may look at.
struct Place {
    std::atomic<std::uintptr_t> begin = 0;
    std::atomic<std::uintptr_t> end = 0;
};

constexpr std::size_t mostPlaces = 4096; // what does not fit is mapped all the same, and not protected

// A signal handler can reach nothing but what is global.
std::array<Place, mostPlaces> places; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
struct sigaction before; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): of SIGBUS

/// Puts zeros where a file has no page any more; what is not ours goes to whoever was asked before.
extern "C" void replacePage(int signal, siginfo_t* info, void* /*context*/)
{
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr); // NOLINT: an address as a number
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    for (const auto& place : places)
        if (address >= place.begin && address < place.end) {
            auto* start = reinterpret_cast<void*>(address & ~(page - 1)); // NOLINT: a number as an address
            if (mmap(start, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
                return;
        }
    sigaction(signal, &before, nullptr); // the access is repeated and ends as it would have
}

void watchForCutFiles()
{
    static const bool watched = [] {
        struct sigaction action { };
        action.sa_sigaction = replacePage;
        action.sa_flags = SA_SIGINFO;
        return sigaction(SIGBUS, &action, &before) == 0;
    }();
    static_cast<void>(watched);
}

void enter(const void* data, std::size_t size)
{
    const auto begin = reinterpret_cast<std::uintptr_t>(data); // NOLINT: an address as a number
    for (auto& place : places) {
        std::uintptr_t free = 0;
        if (place.begin.compare_exchange_strong(free, begin)) {
            place.end = begin + size;
            return;
        }
    }
}

void leave(const void* data)
{
    const auto begin = reinterpret_cast<std::uintptr_t>(data); // NOLINT: an address as a number
    for (auto& place : places)
        if (place.begin == begin) {
            place.end = 0;
            place.begin = 0;
            return;
        }
}

} // namespace

MappedFile::MappedFile(const fs::path& path)
    : m_path(path)
    , m_file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) // a pipe opens, and is refused
{
    if (m_file < 0)
        throw Error(errno == ENOENT ? ErrorKind::NotFound : ErrorKind::Io,
                    path.string() + " cannot be opened: " + std::strerror(errno) + ".", // NOLINT(concurrency-mt-unsafe)
                    "Check the path and that you may read it.");
    const bool regular = fstat(m_file, &m_opened) == 0 && S_ISREG(m_opened.st_mode);
    m_size = regular ? static_cast<std::size_t>(m_opened.st_size) : 0;
    if (m_size > 0)
        m_data = mmap(nullptr, m_size, PROT_READ, MAP_PRIVATE, m_file, 0);
    const int fault = errno;
    if (regular && m_data != MAP_FAILED) {
        if (m_size > 0) {
            watchForCutFiles();
            enter(m_data, m_size);
        }
        return;
    }
    close(m_file);
    if (!regular)
        throw Error(ErrorKind::Io, path.string() + " is not a regular file.", "Name a .safetensors file.");
    throw Error(fault == ENOMEM ? ErrorKind::OutOfMemory : ErrorKind::Io,
                path.string() + " cannot be mapped into memory: " + std::strerror(fault) // NOLINT
                    + ".",
                "Close other programs or raise the memory limit.");
}

MappedFile::~MappedFile()
{
    if (m_size > 0) {
        leave(m_data);
        munmap(m_data, m_size);
    }
    close(m_file);
}

void MappedFile::requireUnchanged() const
{
    struct stat now { };
    const auto same = [](const timespec& a, const timespec& b) {
        return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
    };
    if (fstat(m_file, &now) != 0 || now.st_size != m_opened.st_size || !same(now.st_mtim, m_opened.st_mtim))
        throw Error(ErrorKind::Io, m_path.string() + " changed while it was read.",
                    "Try again when nothing writes to it.");
}

} // namespace icae

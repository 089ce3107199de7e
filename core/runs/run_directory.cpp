#include "runs/run_directory.h"

#include "protocol/error.h"
#include "protocol/json_text.h"
#include "tensor/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <fstream>

namespace icae {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void cannotWrite(const fs::path& path, int fault)
{
    const auto folder = path.parent_path().string();
    if (fault == ENOSPC || fault == EDQUOT || fault == EFBIG)
        throw Error(ErrorKind::Io, path.string() + " cannot be written: the disk that holds " + folder + " is full.",
                    "Free space there; the run can then be resumed.");
    throw Error(ErrorKind::Io,
                path.string() + " cannot be written: " + std::strerror(fault) + ".", // NOLINT(concurrency-mt-unsafe)
                "Check the disk, or choose a folder that you may write to.");
}

void requireBegun(const fs::path& folder, bool resume)
{
    std::error_code ignored;
    const bool exists = fs::exists(folder / "config.json", ignored);
    if (resume && !exists)
        throw Error(ErrorKind::NotFound, folder.string() + " holds no run.", "Name the folder of a run.");
    if (!resume && exists)
        throw Error(ErrorKind::InvalidInput, folder.string() + " holds a run already.",
                    "Resume it with --resume, or choose another folder.");
}

[[noreturn]] void refuseOwned(const fs::path& folder, RunKind kind)
{
    throw Error(ErrorKind::InvalidInput,
                std::string("Another process is ") + (kind == RunKind::Training ? "training" : "measuring") + " in "
                    + folder.string() + ".",
                "Wait for it, or stop it first.");
}

/// A descriptor that is closed again.
class Opened {
public:
    /// Follows no link: somebody may have put one in the place of a run's file.
    Opened(const fs::path& path, int flags)
        : m_file(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0644)) // NOLINT: POSIX
    {
        if (m_file < 0 && errno == ELOOP)
            refuseLink(path);
    }
    ~Opened()
    {
        if (m_file >= 0)
            close(m_file);
    }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

    int get() const { return m_file; }

private:
    int m_file;
};

/// @return 0, or why it was not written
int appendTo(const fs::path& path, std::string_view text)
{
    const Opened file(path, O_WRONLY | O_APPEND | O_CREAT);
    if (file.get() < 0)
        return errno;
    while (!text.empty()) {
        const auto written = write(file.get(), text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return errno;
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(0, written)));
    }
    return 0;
}

} // namespace

void refuseLink(const fs::path& path)
{
    throw Error(ErrorKind::Io, path.string() + " is a link, and a run writes through none.",
                "Remove the link, or choose another folder.");
}

void requireUsable(const fs::path& folder, bool resume, RunKind kind)
{
    requireBegun(folder, resume);
    const auto name = folder / "lock";
    std::error_code ignored;
    if (!fs::exists(name, ignored))
        return;
    const Opened lock(name, O_RDONLY | O_NONBLOCK);
    if (lock.get() >= 0 && flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
        refuseOwned(folder, kind);
}

RunDirectory::RunDirectory(fs::path folder, bool resume, RunKind kind)
    : m_folder(std::move(folder))
{
    requireBegun(m_folder, resume);
    std::error_code fault;
    const auto inner = kind == RunKind::Training ? m_folder / "checkpoints" : m_folder;
    fs::create_directories(inner, fault);
    if (fault)
        cannotWrite(inner, fault.value());
    lock(kind);
    try {
        requireBegun(m_folder, resume); // another process may have begun and ended a run before the lock was ours
        removeRemains();
        m_status = std::make_unique<StatusFile>(m_folder);
    } catch (...) {
        close(m_lock);
        throw;
    }
}

RunDirectory::~RunDirectory()
{
    m_status.reset();
    close(m_lock);
}

void RunDirectory::lock(RunKind kind)
{
    m_lock = open((m_folder / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0644); // NOLINT: POSIX
    if (m_lock < 0)
        cannotWrite(m_folder / "lock", errno);
    if (flock(m_lock, LOCK_EX | LOCK_NB) == 0)
        return;
    close(m_lock);
    refuseOwned(m_folder, kind);
}

/// Files that a killed process was writing.
void RunDirectory::removeRemains() const
{
    std::error_code ignored;
    for (const auto* place : {"", "model/base", "model/adapter"})
        for (const auto& entry : fs::directory_iterator(m_folder / place, ignored))
            if (entry.path().filename().string().starts_with(AtomicFile::prefix))
                fs::remove(entry.path(), ignored);
}

void RunDirectory::append(std::string_view file, const nlohmann::json& line) const
{
    const auto path = m_folder / file;
    if (const int fault = appendTo(path, jsonText(line) + "\n"); fault != 0)
        cannotWrite(path, fault);
}

void RunDirectory::flush(std::string_view file) const
{
    const auto path = m_folder / file;
    const int handle = open(path.c_str(), O_RDONLY | O_CLOEXEC); // NOLINT: POSIX
    if (handle < 0)
        return;
    const int fault = fsync(handle) == 0 ? 0 : errno;
    close(handle);
    if (fault != 0 && fault != EINVAL && fault != EROFS)
        cannotWrite(path, fault);
}

void RunDirectory::log(const std::string& message) const
{
    const auto time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%FT%TZ", &parts);
    appendTo(m_folder / "log.txt", std::string(text.data()) + "  " + message + "\n"); // a full disk is told elsewhere
}

void RunDirectory::forgetAfter(std::string_view file, std::int64_t step, std::int64_t evaluated) const
{
    const auto path = m_folder / file;
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return;
    std::ifstream stream(path, std::ios::binary);
    std::string kept;
    for (std::string line; std::getline(stream, line);) {
        // A line that a kill cut short is no JSON; it comes after the checkpoint.
        const auto json = nlohmann::json::parse(line, nullptr, false);
        if (!json.is_object() || !json.contains("step") || !json["step"].is_number_integer())
            continue;
        if (json["step"] <= (json.contains("validation") ? evaluated : step))
            kept += line + "\n";
    }
    writeFile(path, kept);
}

} // namespace icae

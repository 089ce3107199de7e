#include "runs/run_directory.h"

#include "protocol/error.h"
#include "protocol/json_text.h"
#include "tensor/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

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

} // namespace

RunDirectory::RunDirectory(fs::path folder, bool resume, RunKind kind)
    : m_folder(std::move(folder))
{
    const auto check = [&] {
        std::error_code ignored;
        const bool exists = fs::exists(m_folder / "config.json", ignored);
        if (resume && !exists)
            throw Error(ErrorKind::NotFound, m_folder.string() + " holds no run.", "Name the folder of a run.");
        if (!resume && exists)
            throw Error(ErrorKind::InvalidInput, m_folder.string() + " holds a run already.",
                        "Resume it with --resume, or choose another folder.");
    };
    check();
    std::error_code fault;
    const auto inner = kind == RunKind::Training ? m_folder / "checkpoints" : m_folder;
    fs::create_directories(inner, fault);
    if (fault)
        cannotWrite(inner, fault.value());
    lock(kind);
    try {
        check(); // another process may have begun and ended a run before the lock was ours
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
    m_lock = open((m_folder / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644); // NOLINT: POSIX
    if (m_lock < 0)
        cannotWrite(m_folder / "lock", errno);
    if (flock(m_lock, LOCK_EX | LOCK_NB) == 0)
        return;
    close(m_lock);
    throw Error(ErrorKind::InvalidInput,
                std::string("Another process is ") + (kind == RunKind::Training ? "training" : "measuring") + " in "
                    + m_folder.string() + ".",
                "Wait for it, or stop it first.");
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
    std::ofstream stream(path, std::ios::app | std::ios::binary);
    stream << jsonText(line) << "\n";
    stream.flush();
    if (!stream)
        cannotWrite(path, errno);
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
    std::ofstream(m_folder / "log.txt", std::ios::app) << text.data() << "  " << message << "\n";
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

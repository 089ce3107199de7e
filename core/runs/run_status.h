#pragma once

#include "protocol/run_status.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace icae {

/// The file in a run's folder that says how it is.
inline constexpr auto runStatusName = "status.json";

/// status.json of a run as others see it. A run whose process is gone without a word, or is another one with the same
/// number by now, reads as Died.
/// @throws Error (NotFound, Io, InvalidInput)
RunStatus readRunStatus(const std::filesystem::path& run);
/// The same, and an empty status where it cannot be read.
RunStatus lastRunStatus(const std::filesystem::path& run);

/// The process that wrote a run's status, and still lives or not; 0 where it is on another machine, or none did.
std::int64_t runOwner(const std::filesystem::path& run);

/// status.json of a run that this process owns. A thread renews its heartbeat, by which other machines see that the
/// process is alive, however long a step takes.
class StatusFile {
public:
    explicit StatusFile(const std::filesystem::path& run,
                        std::chrono::milliseconds interval = std::chrono::seconds(30));
    ~StatusFile();
    StatusFile(const StatusFile&) = delete;
    StatusFile& operator=(const StatusFile&) = delete;

    /// @throws Error (Io)
    void write(const RunStatus& status);
    /// The same on a disk that may be full: where there is no room for a new file, the old one is overwritten.
    void writeLast(const RunStatus& status) noexcept;

private:
    std::string text() const;
    void beat(const std::stop_token& stop);

    std::filesystem::path m_path;
    std::chrono::milliseconds m_interval;
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::optional<RunStatus> m_status;
    std::jthread m_thread;
};

} // namespace icae

#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace icae {

/// A curve's value and where it was reached.
struct BestValue {
    std::string name; ///< e.g. "loss of autoencoding"
    double last = 0;
    double best = 0;
    std::int64_t bestStep = 0;
};

nlohmann::json toJson(const BestValue& value);
/// @throws Error (InvalidInput) naming the field
BestValue parseBestValue(const nlohmann::json& json, const std::string& source);

/// What status.json says of a run.
struct RunStatus {
    std::string state; ///< "preparing", "running", "stopped", "finished" or "failed"; read from disk also "died"
    std::string stage;
    std::int64_t step = 0;
    std::int64_t steps = 0; ///< 0 where a time is the limit
    double progress = 0; ///< share that is done, 0 to 1
    double seconds = 0; ///< of training, evaluations left out
    double secondsLeft = 0;
    double tokensPerSecond = 0; ///< context tokens
    double loss = 0; ///< mean of the last interval, over all objectives
    std::optional<BestValue> watched; ///< of the validation
    std::vector<std::string> warnings;
    std::string reason; ///< why it ended
    std::string device;
};

nlohmann::json toJson(const RunStatus& status);

/// status.json of a run as others see it. A run whose process is gone without a word, or is another one with the same
/// number by now, reads as "died".
/// @throws Error (NotFound, Io, InvalidInput)
RunStatus readRunStatus(const std::filesystem::path& run);
/// The same, and an empty status where it cannot be read.
RunStatus lastRunStatus(const std::filesystem::path& run);

/// One run as others see it.
struct RunSummary {
    std::filesystem::path folder;
    RunStatus status;
};

/// Runs in and below a folder, by name. One whose status cannot be read is "damaged".
std::vector<RunSummary> listRuns(const std::filesystem::path& root);

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
    nlohmann::json m_status; ///< with what identifies the process
    std::jthread m_thread;
};

} // namespace icae

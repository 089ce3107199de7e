#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// A curve's value and where it was reached.
struct BestValue {
    std::string name; ///< e.g. "loss 512/128"
    double last = 0;
    double best = 0;
    std::int64_t bestStep = 0;
};

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

/// One run as others see it.
struct RunSummary {
    std::filesystem::path folder;
    RunStatus status;
};

/// Runs in and below a folder, by name. A run whose process is gone without a word reads as "died".
std::vector<RunSummary> listRuns(const std::filesystem::path& root);

/// A run's folder, owned by this process: nobody else writes to it meanwhile.
class RunDirectory {
public:
    /// @param resume whether the run must exist already
    /// @throws Error (InvalidInput) where a new run's folder holds one, or another process owns it; (NotFound, Io)
    RunDirectory(std::filesystem::path folder, bool resume);
    ~RunDirectory();
    RunDirectory(const RunDirectory&) = delete;
    RunDirectory& operator=(const RunDirectory&) = delete;

    const std::filesystem::path& folder() const { return m_folder; }
    void write(const RunStatus& status) const;
    /// Appends one line to metrics.jsonl or samples.jsonl.
    void append(std::string_view file, const nlohmann::json& line) const;
    /// Appends a line with the time to log.txt.
    void log(const std::string& message) const;
    /// Drops what was appended after a step: a resumed run writes it again.
    void forgetAfter(std::string_view file, std::int64_t step) const;

private:
    std::filesystem::path m_folder;
    int m_lock = -1;
    std::string m_processStart;
};

} // namespace icae

#pragma once

#include "runs/run_status.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string_view>

namespace icae {

/// Looks whether a run may be begun, or resumed, in a folder, and makes nothing.
/// @throws Error as RunDirectory()
void requireUsable(const std::filesystem::path& folder, bool resume, RunKind kind = RunKind::Training);

/// Somebody put a link in the place of a run's file.
/// @throws Error (Io)
[[noreturn]] void refuseLink(const std::filesystem::path& path);

/// A run's folder, owned by this process: nobody else writes to it meanwhile.
class RunDirectory {
public:
    /// @param resume whether the run must exist already
    /// @param kind a training run's folder gets a folder for checkpoints
    /// @throws Error (InvalidInput) where a new run's folder holds one, or another process owns it; (NotFound, Io)
    RunDirectory(std::filesystem::path folder, bool resume, RunKind kind = RunKind::Training);
    ~RunDirectory();
    RunDirectory(const RunDirectory&) = delete;
    RunDirectory& operator=(const RunDirectory&) = delete;

    const std::filesystem::path& folder() const { return m_folder; }
    StatusFile& status() const { return *m_status; }
    /// Appends one line to metrics.jsonl or samples.jsonl.
    void append(std::string_view file, const nlohmann::json& line) const;
    /// Makes what was appended to a file durable.
    void flush(std::string_view file) const;
    /// Appends a line with the time to log.txt.
    void log(const std::string& message) const;
    /// Drops what was appended after a step, and validations already after the step of the last whole evaluation: a
    /// resumed run writes them again.
    void forgetAfter(std::string_view file, std::int64_t step, std::int64_t evaluated) const;

private:
    void lock(RunKind kind);
    void removeRemains() const;

    std::filesystem::path m_folder;
    int m_lock = -1;
    std::unique_ptr<StatusFile> m_status;
};

} // namespace icae

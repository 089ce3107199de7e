#pragma once

#include "runs/event_file.h"
#include "runs/run_directory.h"

#include <optional>
#include <string>
#include <string_view>

namespace icae {

/// What a training run tells its folder. Of several ranks the first does; the others' say nothing.
class RunRecord {
public:
    /// @param directory must outlive this; none: nothing is written
    explicit RunRecord(const RunDirectory* directory)
        : m_directory(directory)
    {
        if (directory != nullptr)
            m_events.emplace(directory->folder());
    }

    void log(const std::string& message) const
    {
        if (m_directory != nullptr)
            m_directory->log(message);
    }
    void append(std::string_view file, const nlohmann::json& line) const
    {
        if (m_directory != nullptr)
            m_directory->append(file, line);
    }
    void flush(std::string_view file) const
    {
        if (m_directory != nullptr)
            m_directory->flush(file);
    }
    void forgetAfter(std::string_view file, std::int64_t step, std::int64_t evaluated) const
    {
        if (m_directory != nullptr)
            m_directory->forgetAfter(file, step, evaluated);
    }
    void write(const RunStatus& status) const
    {
        if (m_directory != nullptr)
            m_directory->status().write(status);
    }

    /// A value for TensorBoard.
    void scalar(const std::string& name, double value, std::int64_t step)
    {
        if (m_events)
            m_events->scalar(name, value, step);
    }
    void flushScalars()
    {
        if (m_events)
            m_events->flush();
    }
    void restartScalars(std::int64_t step)
    {
        if (m_events)
            m_events->restart(step);
    }

private:
    const RunDirectory* m_directory;
    std::optional<EventFile> m_events;
};

} // namespace icae

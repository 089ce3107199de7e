#pragma once

#include "protocol/study.h"

#include <cstdint>
#include <filesystem>
#include <set>
#include <utility>

namespace icae {

/// Which samples a run's cells.jsonl holds already.
class Recorded {
public:
    /// Cuts off a last line that a kill left unfinished. A damaged line is passed over.
    /// @throws Error (Io)
    static Recorded read(const std::filesystem::path& file);

    bool has(const StudyCell& cell, std::int64_t first, std::int64_t count) const;
    std::int64_t size() const { return static_cast<std::int64_t>(m_samples.size()); }
    std::int64_t damaged() const { return m_damaged; }

private:
    std::set<std::pair<StudyCell, std::int64_t>> m_samples;
    std::int64_t m_damaged = 0;
};

} // namespace icae

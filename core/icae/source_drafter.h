#pragma once

#include "llm/generation.h"

#include <unordered_map>

namespace icae {

/// Drafts a reconstruction from its source: what comes next there. After a miss it goes on where the last written
/// tokens stand in the source, so that words left out, repeated or replaced are caught up with.
class SourceDrafter final : public Drafter {
public:
    /// @param sources a sequence: the ids that it should write; may be empty where they are not known
    explicit SourceDrafter(std::vector<std::vector<std::int32_t>> sources);

    std::span<const std::int32_t> draft(std::size_t sequence) const override;
    void wrote(std::size_t sequence, std::int32_t token) override;

private:
    struct Source {
        std::vector<std::int32_t> ids;
        std::vector<std::int32_t> written;
        std::size_t next = 0; ///< where writing is taken to go on
        std::unordered_map<std::int32_t, std::vector<std::size_t>> places; ///< of each token; made at the first miss
    };
    static std::size_t placeAgain(Source& source);

    std::vector<Source> m_sources;
};

} // namespace icae

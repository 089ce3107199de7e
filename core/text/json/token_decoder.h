#pragma once

#include "protocol/json.h"
#include "text/json/pattern.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// How the names of tokens become a text again ("decoder"). Tokens add their bytes one after the other; only the first
/// one's may depend on being that.
class TokenDecoder {
public:
    /// @param json the file; without a "decoder", names are written with spaces between them
    /// @throws Error (Unsupported) naming a step that is not known; (InvalidInput)
    static TokenDecoder read(const JsonReader& json);

    /// Bytes that a token adds; a part of a character perhaps.
    std::string bytesOf(std::string_view name, bool first, PatternScratch& scratch) const;

private:
    enum class Kind { ByteLevel, ByteFallback, Replace, Fuse, Strip, Metaspace };
    struct Step {
        Kind kind = Kind::Fuse;
        std::shared_ptr<const Pattern> pattern; ///< Replace
        std::string text; ///< in its place; what Strip removes; what stands for a space
        std::int64_t start = 0; ///< Strip: how often in front
        std::int64_t stop = 0; ///< and behind
        bool whole = false; ///< Strip acts on the whole text, not on a token
        bool dropsFirst = false; ///< Metaspace: not in the first token
    };
    void readStep(const JsonReader& json);

    std::vector<Step> m_steps;
    bool m_spaced = false; ///< no decoder: a space between tokens
    bool m_fused = false;
};

} // namespace icae

#pragma once

#include "protocol/reconstruction.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace icae {

/// A text as its tokens read: what a tokenizer changes, such as repeated spaces, no model could write back.
struct KeptText {
    std::string text;
    std::optional<std::size_t> firstChange; ///< byte of the source; absent: the tokenizer keeps everything
    std::vector<std::pair<std::size_t, std::size_t>> marks; ///< bytes of source and text that stand for each other

    /// Where a byte of the source is in the text.
    std::size_t toKept(std::size_t sourceByte) const;
    /// A sentence on what was changed; empty where nothing was.
    std::string remark() const;
};

/// @param tokens the source's, teacher-forced; without any, the source as it is
KeptText keptByTokenizer(std::string_view source, const std::vector<ScoredToken>& tokens);

} // namespace icae

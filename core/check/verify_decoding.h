#pragma once

#include "icae/model.h"
#include "protocol/progress.h"

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace icae {

struct DecodingCheckOptions {
    std::vector<std::pair<std::int64_t, std::int64_t>> cells; ///< tokens a window, slots
    std::int64_t windows = 128; ///< most a cell
    std::int64_t batch = 16; ///< windows decoded together
};

/// Where a text decoded by drafts first differs from the one decoded token by token.
struct DecodingDifference {
    std::int64_t tokens = 0; ///< the cell
    std::int64_t slots = 0;
    std::int64_t window = 0;
    std::int64_t place = 0; ///< the token
    double gap = 0; ///< of the two tokens' logits and the largest: how far the lesser one is below
    double largest = 0; ///< logit
};

struct DecodingReport {
    std::int64_t windows = 0;
    std::int64_t identical = 0; ///< decoded by drafts from the beginning, and from the first miss
    std::vector<DecodingDifference> differences;
    double plainSeconds = 0; ///< decode phases alone
    double draftedSeconds = 0;
    double tolerance = 0; ///< of a gap: absolute in fp32 (1e-4), in bf16 and fp16 a share of the largest logit (3e-2)
    bool relative = false;

    bool ok() const;
};

/// Decodes windows of texts token by token and by drafts, these from the beginning and from the first miss of a rating.
/// The texts may differ only where rounding decides: where the two tokens are nearly tied. Behind a first difference
/// they have nothing in common any more.
/// @throws Error (InvalidInput) for cells that the adapter cannot do; (Cancelled)
DecodingReport verifyDecoding(const Model& model, const std::vector<std::string>& texts,
                              const DecodingCheckOptions& options, const ProgressCallback& progress,
                              const std::stop_token& stop);

} // namespace icae

#pragma once

#include "reading/question_context.h"

#include <stop_token>
#include <vector>

namespace icae {

/// Rows of a prompt that are left out together.
struct LeftOut {
    std::int64_t row = 0; ///< first
    std::int64_t rows = 0;
};

/// A prompt without some of its rows; all others stay at their positions.
Prompt without(const Prompt& prompt, LeftOut rows);

/// Losses of a target's tokens after a prompt, and after the prompt without each of some stretches.
struct Ablation {
    std::vector<float> whole; ///< nats, a token
    std::vector<std::vector<float>> leftOut; ///< the same, a stretch
};

/// @param target its EOS included, where that is to count
/// @throws Error (Cancelled)
Ablation ablate(const Model& model, const Prompt& prompt, const TokenIds& target, const std::vector<LeftOut>& stretches,
                const ProgressCallback& progress, const std::stop_token& stop);

/// Slots that were left out together.
struct AttributedSlots {
    PlacedSlots of; ///< the span they belong to
    std::int64_t firstSlot = 0; ///< of the span
    std::int64_t slots = 0;
    double rise = 0; ///< of the target's loss without them, nats a token
};

struct Attribution {
    double loss = 0; ///< with all slots, nats a token
    std::vector<AttributedSlots> groups; ///< in the order that they are read
};

/// Which slots an answer comes from: its loss without each group of neighbours.
/// @param group most slots that are left out together
/// @throws Error (InvalidInput) where no slots are read, nothing was answered, or the group is empty; (Cancelled)
Attribution attribute(const Model& model, const ContextPrompt& context, const TokenIds& answer, std::int64_t group,
                      const ProgressCallback& progress, const std::stop_token& stop);

/// Which words of its source a span's slots hold: the source's own tokens are scored without each group.
/// @throws Error (InvalidInput) for a span that is not there, or where the text is unknown; (Cancelled)
ChatMap mapSpan(const Model& model, const Source& source, std::int64_t span, std::int64_t group,
                const ProgressCallback& progress, const std::stop_token& stop);

/// An answer's ids with EOS behind them, as they are rated.
TokenIds ratedAnswer(const Model& model, const std::string& answer);

/// Mean of losses.
double meanLoss(const std::vector<float>& losses);

} // namespace icae

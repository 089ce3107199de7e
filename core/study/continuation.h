#pragma once

#include "icae/model.h"
#include "study/conditions.h"
#include "study/pace.h"

#include <string>
#include <vector>

namespace icae {

/// How well a text is continued after spans are read as slots, as text, or not at all.
struct ContinuationOptions {
    std::int64_t spans = 4;
    std::int64_t slots = 0; ///< a span; 0: as many as the adapter has
    std::int64_t tokens = 128; ///< of the continuation
    std::int64_t samples = 96;
};

struct ContinuationResult {
    std::int64_t spans = 0;
    std::int64_t spanTokens = 0;
    std::int64_t slots = 0; ///< a span
    Conditions after;
};

/// Windows of spans and continuation lie at equal distances in the texts, which follow each other with BOS before each.
/// The first token of the continuation is given, so that all three conditions rate the same tokens.
/// @throws Error (InvalidInput) where the texts are too short
ContinuationResult continuation(const Model& model, const std::vector<std::string>& texts,
                                const ContinuationOptions& options, const ProgressCallback& progress,
                                const StudyPace& pace);

} // namespace icae

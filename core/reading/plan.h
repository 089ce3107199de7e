#pragma once

#include "icae/compressor.h"
#include "protocol/text_messages.h"

#include <optional>
#include <span>

namespace icae {

/// How a text would be cut into spans and compressed, and what would go wrong. An empty text gives an empty plan.
/// @param context the text's tokens, as Model::encodeContext() gives them
/// @param options as for Compressor::compress()
/// @param tokens list the tokens too
/// @throws Error (InvalidInput) for slot counts and span lengths out of range
TextPlan planText(const Model& model, std::span<const Token> context, const CompressOptions& options, bool tokens);

/// What would go wrong with a memory that is made so, and written back.
std::vector<PlanWarning> planWarnings(const Model& model, const MemoryHeader& header, const CompressOptions& options);

/// A warning where the base cannot read all of a memory's text at once, or write it back. What only reads the slots
/// may need far fewer positions.
std::optional<PlanWarning> tooLong(const Model& model, const MemoryHeader& header);

/// A warning where the adapter was not trained with so many slots a span.
std::optional<PlanWarning> untrainedSlots(const AdapterConfig& config, std::int64_t slots);

/// Where the spans of a memory came from.
std::vector<SpanInfo> spanInfos(const MemoryHeader& header);

} // namespace icae

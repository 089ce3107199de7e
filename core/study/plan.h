#pragma once

#include "icae/compressor.h"
#include "protocol/text_messages.h"

#include <string_view>

namespace icae {

/// How a text would be cut into spans and compressed, and what would go wrong. An empty text gives an empty plan.
/// @param options as for Compressor::compress()
/// @param tokens list the tokens too
/// @throws Error (InvalidInput) for slot counts and span lengths out of range, and for a text that is not valid UTF-8
TextPlan planText(const Model& model, std::string_view text, const CompressOptions& options, bool tokens);

/// Where the spans of a memory came from.
std::vector<SpanInfo> spanInfos(const MemoryHeader& header);

} // namespace icae

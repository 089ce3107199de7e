#pragma once

#include "protocol/text_messages.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace icae {

/// Reconstruction or diff as a page of HTML, as Markdown or as JSON; tokens as CSV or JSON. Needs no model: client and
/// engine write the same.
/// @throws Error (Unsupported) for a kind that has no such format; (InvalidInput) for a diff without a reference
std::string renderReport(const ExportParams& params);

/// What a report says of a reconstruction: name and value as text, e.g. {"BLEU", "0.971"}. Scores only where there are.
std::vector<std::pair<std::string, std::string>> reportFacts(const Reconstruction& reconstruction);

/// A page that stands alone: no scripts, no other files.
/// @param reference empty: the text alone, without marks
std::string htmlPage(const std::string& title, std::string_view reference, const Reconstruction& reconstruction);

/// GitHub's Markdown: ~~deleted~~ and **inserted**.
/// @param reference empty: the text alone, without marks
std::string markdownPage(const std::string& title, std::string_view reference, const Reconstruction& reconstruction);

/// RFC 4180, one line a token: list ("free" or "forced"), index, span, id, piece, bytes, nll, entropy, rank, then
/// alternative_N and probability_N. Files count from 0 and say so in their headers; what people read counts from 1.
std::string tokensCsv(const Reconstruction& reconstruction);

} // namespace icae

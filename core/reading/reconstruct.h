#pragma once

#include "icae/reader.h"
#include "protocol/text_messages.h"
#include "reading/source.h"

#include <functional>
#include <stop_token>
#include <vector>

namespace icae {

/// Called for each generated token. Prompts run side by side: parts tells how many, token.sequence which one.
using TokenListener = std::function<void(std::size_t parts, const GeneratedToken& token)>;

/// Who is told while something is read; both may be empty.
struct ReadListener {
    ProgressCallback progress;
    TokenListener token;
};

struct ReconstructOptions {
    SamplingOptions sampling;
    std::vector<std::int64_t> spans; ///< which spans, in this order; empty: all
    bool tokens = false; ///< rate every token, free-running and teacher-forced
    std::int64_t alternatives = 0; ///< likeliest tokens to report with each of those
    Decoding decoding = Decoding::Drafted; ///< where tokens are chosen greedily and the text is known
    std::int64_t roomBytes =
        0; ///< for all that is written at once; 0: half of what is free, on the CPU at most 768 MiB
};

/// Writes a memory back (autoencoding), span by span or over all spans as the adapter was trained, and measures it
/// where the source's text is at hand. Each span may take as many tokens as it had.
/// @throws Error (InvalidInput) for a span that is not there
/// A stop request ends it within a token; the result then holds what was written until then.
Reconstruction reconstruct(const Model& model, const Source& source, const ReconstructOptions& options,
                           const ReadListener& listener, const std::stop_token& stop);

/// Rates the source's text token by token as it would be written back: `forced_tokens` of a reconstruction, alone.
/// @param spans as ReconstructOptions::spans
/// @throws Error (InvalidInput) for a span that is not there, or where the text is unknown; (Cancelled)
ScoreResult scoreSource(const Model& model, const Source& source, const std::vector<std::int64_t>& spans,
                        std::int64_t alternatives, const ProgressCallback& progress, const std::stop_token& stop);

/// Rates a text token by token as what goes on after the source.
/// @throws Error as scoreSource(); (Unsupported) where the adapter cannot continue
ScoreResult scoreContinuation(const Model& model, const Source& source, const std::vector<std::int64_t>& spans,
                              const std::string& target, std::int64_t alternatives, const std::stop_token& stop);

/// The spans of a memory by their indices, in this order; all where none is named.
/// @throws Error (InvalidInput) for a span that is not there
std::vector<SpanRef> chosenSpans(const Memory& memory, const std::vector<std::int64_t>& indices);

} // namespace icae

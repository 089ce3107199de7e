#pragma once

#include "protocol/text_messages.h"
#include "reading/reconstruct.h"

#include <span>
#include <stop_token>
#include <string>

namespace icae {

/// What to write behind slots.
struct ReadOptions {
    Task task = Task::Continue; ///< Continue or Instruct
    std::string question; ///< for Instruct
    std::int64_t maxTokens = 128;
    SamplingOptions sampling;
};

/// A source, and which of its spans are read: as ReconstructOptions::spans.
struct ReadSource {
    const Source* source = nullptr;
    std::vector<std::int64_t> spans;
};

/// Why a generated text ended, as reports say it.
ReadEnd endOf(EndReason reason);

/// Goes on with texts, or answers a question about them, that the model sees as slots only.
/// @throws Error (InvalidInput) where nothing is to be read or written; (Unsupported) where the adapter was not trained
///         for the task
/// A stop request ends it within a token; the result then holds what was written until then.
ReadResult readSources(const Model& model, std::span<const ReadSource> sources, const ReadOptions& options,
                       const ReadListener& listener, const std::stop_token& stop);

} // namespace icae

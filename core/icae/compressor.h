#pragma once

#include "icae/memory.h"
#include "icae/model.h"
#include "protocol/progress.h"

#include <optional>
#include <span>
#include <stop_token>

namespace icae {

struct CompressOptions {
    std::optional<std::int64_t> slots; ///< a span; absent: as many as the adapter has
    std::optional<std::int64_t> spanTokens; ///< longest span; absent: the adapter's
    std::string sourceName; ///< for the memory's header
};

/// Encoder: turns texts into memory slots.
class Compressor {
public:
    explicit Compressor(const Model& model);

    /// Compresses a text: spans as published, all of one length in as few forwards as memory allows.
    /// @throws Error (InvalidInput) for slot counts and span lengths out of range; (Cancelled); (OutOfMemory)
    Memory compress(std::string_view text, const CompressOptions& options, const ProgressCallback& progress = {},
                    const std::stop_token& stop = {}) const;

    /// The same for tokens that are at hand.
    Memory compress(std::span<const Token> tokens, const CompressOptions& options,
                    const ProgressCallback& progress = {}, const std::stop_token& stop = {}) const;

    /// How it would cut and compress these tokens: the memory's header, without a source's name and hash.
    /// @throws Error (InvalidInput) as compress()
    MemoryHeader plan(std::span<const Token> tokens, const CompressOptions& options) const;

    /// Slots of many spans of one length. ids [B, L] int64 on any device -> [B, k, d].
    at::Tensor encode(const at::Tensor& ids, std::int64_t slots, const ProgressCallback& progress = {},
                      const std::stop_token& stop = {}) const;

    /// Spans of this shape that go into one forward.
    std::int64_t spansAtOnce(std::int64_t tokens, std::int64_t slots) const;

private:
    std::int64_t tokensAtOnce() const;
    at::Tensor forward(const at::Tensor& ids, std::int64_t slots, const std::stop_token& stop) const;

    const Model& m_model;
};

} // namespace icae

#pragma once

#include "icae/compressor.h"
#include "icae/reader.h"
#include "protocol/reconstruction.h"
#include "protocol/token_id.h"
#include "study/pace.h"

namespace icae {

/// A window's slots, span by span.
struct CompressedWindow {
    std::vector<SpanShape> shapes;
    at::Tensor slots; ///< [slots of all spans, d]
};

/// A window written back from its slots.
struct WrittenWindow {
    TokenIds ids;
    std::vector<TokenScore> scores; ///< teacher-forced: the window's tokens, and an EOS a prompt
};

struct WriteOptions {
    Decoding decoding = Decoding::Drafted;
    double temperature = 0; ///< 0: greedy
    std::uint64_t seed = 0; ///< of sampling
};

/// What writing windows back took, in all.
struct WriteCosts {
    double compressSeconds = 0;
    double scoreSeconds = 0; ///< teacher-forced
    double decodeSeconds = 0; ///< free-running, the reading of prompts included
    std::int64_t generatedTokens = 0;
    std::int64_t forwards = 0; ///< of decoding, after the prompts were read
    std::int64_t drafted = 0; ///< tokens of the source that the rating or a forward checked
    std::int64_t accepted = 0; ///< those of them that were written
};

/// Compresses windows of text, rates them and writes them back: what evaluations and studies measure.
class WindowWriter {
public:
    explicit WindowWriter(const Model& model);

    /// Cuts each window into spans of equal lengths, at most the adapter's.
    /// @param slots a span
    std::vector<CompressedWindow> compress(std::span<const TokenIds> windows, std::int64_t spans, std::int64_t slots,
                                           const StudyPace& pace) const;

    /// @param slots a span
    /// @param costs gets what this took added
    /// @throws Error (Cancelled, OutOfMemory)
    std::vector<WrittenWindow> write(std::span<const TokenIds> windows, std::int64_t spans, std::int64_t slots,
                                     const WriteOptions& options, const StudyPace& pace, WriteCosts& costs) const;

private:
    struct Prompts;
    Prompts promptsOf(std::span<const TokenIds> windows, std::span<const CompressedWindow> compressed) const;
    Generation decode(const Prompts& prompts, std::span<const std::vector<TokenScore>> ratings,
                      const WriteOptions& options, const StudyPace& pace) const;

    const Model& m_model;
    Compressor m_compressor;
    Reader m_reader;
};

} // namespace icae

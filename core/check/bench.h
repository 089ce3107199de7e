#pragma once

#include "icae/model.h"

#include <string>

namespace icae {

/// Medians over several rounds in which ceilings and work alternate, so that ratios hold on a noisy machine.
struct BenchResult {
    double decodeTokensPerSecond = 0; ///< one sequence, one token at a time
    double draftedTokensPerSecond = 0; ///< the same sequence by drafts
    double draftedSpeedup = 0; ///< median of the rounds' ratios
    double accepted = 0; ///< share of the drafted tokens that were written
    double agreement = 0; ///< share of the tokens that one forward over all of them chooses as plain decoding did
    double forwards = 0; ///< of a drafted decoding
    double forwardTokensPerSecond = 0; ///< one forward over all the tokens at once, logits and choices included
    double checkingSteps = 0; ///< a forward over checkedTokens tokens, in steps of one token
    double compressTokensPerSecond = 0; ///< context tokens
    double bandwidth = 0; ///< bytes/s: CPU: reading a buffer as large as the weights; CUDA: a copy, read and written
    double gemmFlops =
        0; ///< floating-point operations/s of the four products of a layer at the compressor's own shapes
    double decodeCeiling = 0; ///< tokens/s if every weight were read once at that bandwidth
    double compressCeiling = 0; ///< context tokens/s if the products were all there is
    std::string device;
    std::string dtype;

    double decodeRatio() const { return decodeTokensPerSecond / decodeCeiling; }
    double compressRatio() const { return compressTokensPerSecond / compressCeiling; }
};

struct BenchOptions {
    std::int64_t contextTokens = 4096;
    std::int64_t decodeTokens = 256;
    int rounds = 5;
    double draftErrors = 0; ///< share of the drafts' tokens that are spoiled
    /// Takes all drafted tokens but the spoiled ones for the model's own choices, which are computed all the same:
    /// random weights leave tokens nearly tied, and what is measured is the cost of checking.
    bool imposeAcceptance = false;
};

/// Tokens of the checking forward that is timed on its own.
inline constexpr std::int64_t checkedTokens = 64;

BenchResult bench(const Model& model, const BenchOptions& options, const std::stop_token& stop);

/// Shape of a known model by name: mistral-7b, llama-3.2-1b, qwen3-0.6b.
/// @throws Error (InvalidInput)
LlmConfig namedShape(const std::string& name);

/// The published adapter for such a shape: 128 slots for 512 tokens, LoRA r 512 on q and v.
AdapterConfig publishedAdapterConfig();

} // namespace icae

#pragma once

#include "llm/decoder.h"
#include "llm/sampler.h"

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

namespace icae {

/// What a sequence starts from: embeddings rather than ids, since memory slots are no tokens.
struct Prompt {
    at::Tensor embeddings; ///< [T, d] in the weights' dtype, on their device
    std::vector<float> positions; ///< T
    float nextPosition = 0; ///< of the first token after the prompt; the following ones count up by 1
    std::int64_t maxTokens = 0; ///< most tokens to generate

    std::int64_t length() const { return embeddings.size(0); }
};

struct GenerationOptions {
    SamplingOptions sampling;
    std::vector<std::int32_t> stopIds; ///< ends a sequence; not part of the result
    std::int64_t alternatives = 0; ///< likeliest tokens to report with each token
};

struct Alternative {
    std::int32_t id = 0;
    float logProbability = 0; ///< natural logarithm
};

struct GeneratedToken {
    std::size_t sequence = 0; ///< index into the prompts
    std::int32_t id = 0;
    float logProbability = 0; ///< natural logarithm, under the model's own distribution
    std::vector<Alternative> alternatives; ///< likeliest first
};

/// Called for each token in turn, on the calling thread; return false to stop all sequences.
using TokenCallback = std::function<bool(const GeneratedToken&)>;

enum class EndReason { StopToken, MaxTokens, Stopped };

struct Generation {
    std::vector<std::vector<std::int32_t>> ids; ///< a prompt: what was generated
    std::vector<EndReason> ends; ///< a prompt
    double prefillSeconds = 0; ///< to the first token
    double prepareSeconds = 0; ///< between that and the second one: what a GPU sets up once to go on token by token
    double decodeSeconds = 0; ///< of all others, without that
    std::int64_t forwards = 0; ///< of the whole batch, after the prompts were read
    std::int64_t drafted = 0; ///< tokens that a drafter proposed and a forward checked
    std::int64_t accepted = 0; ///< those of them that were written
};

/// Proposes what sequences write next, so that one forward can check several tokens.
class Drafter {
public:
    Drafter() = default;
    Drafter(const Drafter&) = delete;
    Drafter& operator=(const Drafter&) = delete;
    virtual ~Drafter() = default;

    /// What the sequence may write next, as far as there is an idea of it; valid until the next wrote().
    virtual std::span<const std::int32_t> draft(std::size_t sequence) const = 0;

    /// Called for each token that a sequence has written, in order.
    virtual void wrote(std::size_t sequence, std::int32_t token) = 0;

    /// How many of the first drafted tokens are kept.
    /// @param choices as many as drafted: what the model itself chose in their places
    virtual std::size_t agreement(std::size_t sequence, std::span<const std::int32_t> drafted,
                                  std::span<const std::int32_t> choices) const;
};

/// Continues all prompts at once. Prompts of different lengths are padded on the left.
/// @param drafter used where tokens are chosen greedily: the longest agreeing prefix of a draft and the model's own
/// next
///        choice are kept, which is the text that goes on token by token, up to rounding; nullptr: token by token
/// @throws Error (InvalidInput) where positions go beyond the model's; (OutOfMemory)
/// A stop request ends it within one forward and is no error: the result holds what was generated until then.
Generation generate(const Decoder& decoder, const LlmWeights& weights, std::span<const Prompt> prompts,
                    const GenerationOptions& options, const TokenCallback& callback, const std::stop_token& stop,
                    Drafter* drafter = nullptr);

} // namespace icae

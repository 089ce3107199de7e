#pragma once

#include "tensor/torch.h"

#include <cstdint>
#include <random>
#include <vector>

namespace icae {

/// How the next token is chosen.
struct SamplingOptions {
    bool greedy = true; ///< take the likeliest token; the rest is unused then
    double temperature = 1.0; ///< > 0; logits are divided by it
    std::int64_t topK = 0; ///< keep the k likeliest tokens; 0: all
    double topP = 1.0; ///< keep the likeliest tokens that together reach this probability (Holtzman et al. 2020)
    std::uint64_t seed = 0; ///< equal seeds give equal texts, whatever else is in the batch
};

/// Throws Error (InvalidInput) naming the option that is out of range.
void checkSampling(const SamplingOptions& options);

/// One choice a sequence, on the logits' device.
struct Choice {
    at::Tensor ids; ///< [B] int64
    at::Tensor logProbabilities; ///< [B] float32, under the model's own distribution (temperature 1)
    at::Tensor alternativeIds; ///< [B, n] int64, likeliest first; undefined where none are asked for
    at::Tensor alternativeLogProbabilities; ///< [B, n] float32
};

/// Chooses tokens for a batch of sequences.
class Sampler {
public:
    /// @param sequences in the batch
    /// @param alternatives the n likeliest tokens to report a choice
    /// @param tokens that may be chosen: the first ones of the vocabulary, the rest being padding; 0: all
    Sampler(const SamplingOptions& options, std::int64_t sequences, std::int64_t alternatives, std::int64_t tokens = 0);

    /// @param logits [B, vocabulary]. Does not wait for the device.
    Choice choose(const at::Tensor& logits);

private:
    at::Tensor draw(const at::Tensor& logits);

    SamplingOptions m_options;
    std::int64_t m_alternatives = 0;
    std::int64_t m_tokens = 0;
    std::vector<std::mt19937_64> m_generators; ///< one a sequence
};

} // namespace icae

#include "llm/sampler.h"

#include "protocol/error.h"

#include <algorithm>
#include <limits>

namespace icae {

namespace {

constexpr double leastFloat = 1e-30;

} // namespace

void checkSampling(const SamplingOptions& options)
{
    const auto refuse = [](const std::string& name, const std::string& range) {
        throw Error(ErrorKind::InvalidInput, "The sampling option " + name + " must be " + range + ".",
                    "Correct it, or leave it at its default.");
    };
    if (!(options.temperature > 0 && options.temperature <= 100))
        refuse("temperature", "above 0 and at most 100");
    if (options.topK < 0)
        refuse("top-k", "0 (all) or more");
    if (!(options.topP > 0 && options.topP <= 1))
        refuse("top-p", "above 0 and at most 1");
}

Sampler::Sampler(const SamplingOptions& options, std::int64_t sequences, std::int64_t alternatives, std::int64_t tokens)
    : m_options(options)
    , m_alternatives(alternatives)
    , m_tokens(tokens)
{
    checkSampling(options);
    for (std::int64_t i = 0; i < sequences; ++i) {
        std::seed_seq seed{options.seed, options.seed >> 32U, static_cast<std::uint64_t>(i)};
        m_generators.emplace_back(seed);
    }
}

/// The inverse of the cumulative distribution at one uniform number a sequence, drawn here and not on the device, so
/// that a seed means the same everywhere.
at::Tensor Sampler::draw(const at::Tensor& logits)
{
    auto uniform = at::empty({logits.size(0), 1}, at::kFloat);
    for (std::int64_t i = 0; i < logits.size(0); ++i)
        uniform.data_ptr<float>()[i] =
            static_cast<float>(m_generators[static_cast<std::size_t>(i)]() >> 40U) / static_cast<float>(1U << 24U);

    // Less would be 0 as a float, or carry the logits beyond its range; at the least one only the likeliest is left.
    const auto temperature = std::max(m_options.temperature, leastFloat);
    const auto sorted = at::softmax((logits - logits.amax(-1, true)) / temperature, -1).sort(-1, true);
    auto probabilities = std::get<0>(sorted);
    const auto order = std::get<1>(sorted);
    if (m_options.topK > 0 && m_options.topK < probabilities.size(1))
        probabilities = probabilities.narrow(1, 0, m_options.topK);
    auto cumulative = probabilities.cumsum(-1);
    const auto kept = (cumulative - probabilities) < std::max(m_options.topP, leastFloat); // always keeps the first
    probabilities = probabilities * kept;
    cumulative = probabilities.cumsum(-1);
    const auto target = uniform.to(logits.device(), true) * cumulative.narrow(1, cumulative.size(1) - 1, 1);
    const auto place = (cumulative <= target)
                           .sum(-1, true)
                           .minimum(kept.sum(-1, true) - 1)
                           .clamp_min(0); // NaN is refused by whoever takes the token
    return order.gather(1, place).squeeze(1);
}

Choice Sampler::choose(const at::Tensor& rawLogits)
{
    const auto all = rawLogits.to(at::kFloat);
    const auto logits = m_tokens > 0 && m_tokens < all.size(1) ? all.narrow(1, 0, m_tokens) : all;
    Choice choice;
    choice.ids = m_options.greedy ? logits.argmax(-1) : draw(logits);
    const auto normaliser = all.logsumexp({-1}, true);
    choice.logProbabilities = (logits.gather(1, choice.ids.unsqueeze(1)) - normaliser).squeeze(1);
    if (m_alternatives > 0) {
        const auto top = logits.topk(std::min(m_alternatives, logits.size(1)), -1);
        choice.alternativeLogProbabilities = std::get<0>(top) - normaliser;
        choice.alternativeIds = std::get<1>(top);
    }
    return choice;
}

} // namespace icae

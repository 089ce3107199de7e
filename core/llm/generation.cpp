#include "llm/generation.h"

#include "llm/drafted.h"
#include "llm/sequences.h"
#include "llm/step.h"
#include "protocol/error.h"
#include "tensor/device.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace icae {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Batch {
    at::Tensor embeddings; ///< [B, T, d], padded on the left
    at::Tensor positions; ///< [B, T]
    at::Tensor next; ///< [B] position of the next token
    at::Tensor starts; ///< [B], undefined where nothing is padded
    std::int64_t capacity = 0;
};

Batch makeBatch(const LlmConfig& config, std::span<const Prompt> prompts)
{
    std::int64_t longest = 0;
    std::int64_t shortest = prompts.front().length();
    std::int64_t most = 0;
    for (const auto& prompt : prompts) {
        longest = std::max(longest, prompt.length());
        shortest = std::min(shortest, prompt.length());
        most = std::max(most, prompt.maxTokens);
        checkPositions(config, static_cast<double>(prompt.nextPosition) + static_cast<double>(prompt.maxTokens) - 1);
    }
    const auto count = static_cast<std::int64_t>(prompts.size());
    const auto& first = prompts.front().embeddings;
    Batch batch;
    batch.capacity = longest + most;
    checkWindow(config, batch.capacity - 1); // the last token is read by nobody
    batch.embeddings = at::zeros({count, longest, config.hiddenSize}, first.options());
    auto positions = at::zeros({count, longest}, at::kFloat);
    auto next = at::empty({count}, at::kFloat);
    auto starts = at::zeros({count}, at::kLong);
    for (std::int64_t i = 0; i < count; ++i) {
        const auto& prompt = prompts[static_cast<std::size_t>(i)];
        const std::int64_t start = longest - prompt.length();
        starts.data_ptr<int64_t>()[i] = start;
        batch.embeddings[i].narrow(0, start, prompt.length()).copy_(prompt.embeddings);
        std::copy(prompt.positions.begin(), prompt.positions.end(), positions.data_ptr<float>() + i * longest + start);
        next.data_ptr<float>()[i] = prompt.nextPosition;
    }
    batch.positions = positions.to(first.device());
    batch.next = next.to(first.device());
    if (shortest != longest)
        batch.starts = starts;
    return batch;
}

/// Token by token. A GPU computes the next one while the host looks at this one; on the CPU that would only delay it.
/// The first one is told before the engine is made ready for more, which takes a GPU as long as reading a short prompt.
void decodePlainly(Choice choice, at::Tensor& positions, StepEngine& engine, const KvCache& cache, Sampler& sampler,
                   Sequences& sequences, bool ahead, const std::stop_token& stop)
{
    bool prepared = false;
    while (true) {
        HostChoice current(choice);
        const bool canStep = cache.lengths.front() < cache.capacity;
        const auto advance = [&] {
            choice = sampler.choose(engine.step(choice.ids, positions));
            positions.add_(1.0);
            ++sequences.result().forwards;
        };
        const bool early = ahead && prepared && canStep;
        if (early)
            advance();
        current.wait();
        for (std::size_t i = 0; i < sequences.count(); ++i)
            if (sequences.isRunning(i) && !sequences.take(current.token(i, i)))
                return;
        if (!sequences.anyRunning() || !canStep || stop.stop_requested())
            return;
        if (early)
            continue;
        if (!prepared) {
            const auto start = Clock::now();
            engine.prepare();
            sequences.result().prepareSeconds += secondsSince(start);
            prepared = true;
        }
        advance();
    }
}

} // namespace

std::size_t Drafter::agreement(std::size_t /*sequence*/, std::span<const std::int32_t> drafted,
                               std::span<const std::int32_t> choices) const
{
    return static_cast<std::size_t>(std::mismatch(drafted.begin(), drafted.end(), choices.begin()).first
                                    - drafted.begin());
}

Generation generate(const Decoder& decoder, const LlmWeights& weights, std::span<const Prompt> prompts,
                    const GenerationOptions& options, const TokenCallback& callback, const std::stop_token& stop,
                    Drafter* drafter)
{
    Sequences sequences(prompts, options, callback);
    if (!sequences.anyRunning())
        return sequences.result();
    const c10::InferenceMode noGradients;
    const auto device = weights.device();
    auto batch = makeBatch(decoder.config(), prompts);
    auto cache = KvCache::allocate(decoder.config(), batch.embeddings.size(0), batch.capacity, device, weights.dtype());
    cache.starts = batch.starts;
    Sampler sampler(options.sampling, cache.batch, options.alternatives, decoder.config().tokens);
    const bool drafts = drafter != nullptr && options.sampling.greedy;

    auto start = Clock::now();
    const auto states = decoder.hidden(weights, batch.embeddings, batch.positions, 1, cache, stop);
    const auto choice = sampler.choose(decoder.logits(weights, states.squeeze(1)));
    synchronize(device);
    sequences.result().prefillSeconds = secondsSince(start);

    start = Clock::now();
    const auto engine = makeStepEngine(decoder, weights, cache);
    sequences.result().prepareSeconds = secondsSince(start);
    if (drafts)
        DraftedDecoding(*engine, cache, sampler, sequences, *drafter, stop).run(choice);
    else
        decodePlainly(choice, batch.next, *engine, cache, sampler, sequences, device.is_cuda(), stop);
    synchronize(device); // a step that nobody waits for may still use the cache
    sequences.result().decodeSeconds = secondsSince(start) - sequences.result().prepareSeconds;
    return sequences.result();
}

} // namespace icae

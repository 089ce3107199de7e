#include "llm/generation.h"

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

/// A choice on its way to the host. On a GPU the copy overlaps with the next step.
class HostChoice {
public:
    explicit HostChoice(const Choice& choice)
        : m_copy(choice.ids.device())
        , m_ids(m_copy.start(choice.ids))
        , m_logProbabilities(m_copy.start(choice.logProbabilities))
        , m_alternativeIds(m_copy.start(choice.alternativeIds))
        , m_alternativeLogProbabilities(m_copy.start(choice.alternativeLogProbabilities))
    {
        m_copy.mark();
    }

    void wait() { m_copy.wait(); }

    GeneratedToken token(std::size_t row) const
    {
        GeneratedToken token;
        token.sequence = row;
        token.id = static_cast<std::int32_t>(m_ids.data_ptr<int64_t>()[row]);
        token.logProbability = m_logProbabilities.data_ptr<float>()[row];
        if (m_alternativeIds.defined()) {
            const auto n = static_cast<std::size_t>(m_alternativeIds.size(1));
            for (std::size_t i = 0; i < n; ++i)
                token.alternatives.push_back(
                    {static_cast<std::int32_t>(m_alternativeIds.data_ptr<int64_t>()[row * n + i]),
                     m_alternativeLogProbabilities.data_ptr<float>()[row * n + i]});
        }
        return token;
    }

private:
    HostCopy m_copy;
    at::Tensor m_ids;
    at::Tensor m_logProbabilities;
    at::Tensor m_alternativeIds;
    at::Tensor m_alternativeLogProbabilities;
};

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

/// Which sequences still run, and what they have written.
class Progressing {
public:
    Progressing(std::span<const Prompt> prompts, const GenerationOptions& options)
        : m_prompts(prompts)
        , m_options(options)
        , m_running(prompts.size(), true)
    {
        m_result.ids.resize(prompts.size());
        m_result.ends.assign(prompts.size(), EndReason::Stopped);
        for (std::size_t i = 0; i < prompts.size(); ++i)
            if (prompts[i].maxTokens <= 0)
                end(i, EndReason::MaxTokens);
    }

    /// False where nothing is left to do.
    bool take(const HostChoice& choice, const TokenCallback& callback)
    {
        for (std::size_t i = 0; i < m_running.size(); ++i) {
            if (!m_running[i])
                continue;
            const auto token = choice.token(i);
            if (std::find(m_options.stopIds.begin(), m_options.stopIds.end(), token.id) != m_options.stopIds.end()) {
                end(i, EndReason::StopToken);
                continue;
            }
            m_result.ids[i].push_back(token.id);
            if (callback && !callback(token))
                return false;
            if (static_cast<std::int64_t>(m_result.ids[i].size()) >= m_prompts[i].maxTokens)
                end(i, EndReason::MaxTokens);
        }
        return anyRunning();
    }

    bool anyRunning() const { return std::find(m_running.begin(), m_running.end(), true) != m_running.end(); }
    Generation& result() { return m_result; }

private:
    void end(std::size_t sequence, EndReason reason)
    {
        m_running[sequence] = false;
        m_result.ends[sequence] = reason;
    }

    std::span<const Prompt> m_prompts;
    const GenerationOptions& m_options;
    std::vector<bool> m_running;
    Generation m_result;
};

} // namespace

Generation generate(const Decoder& decoder, const LlmWeights& weights, std::span<const Prompt> prompts,
                    const GenerationOptions& options, const TokenCallback& callback, const std::stop_token& stop)
{
    Progressing progress(prompts, options);
    if (!progress.anyRunning())
        return progress.result();
    const c10::InferenceMode noGradients;
    const auto device = weights.device();
    auto batch = makeBatch(decoder.config(), prompts);
    auto cache = KvCache::allocate(decoder.config(), batch.embeddings.size(0), batch.capacity, device, weights.dtype());
    cache.starts = batch.starts;
    Sampler sampler(options.sampling, cache.batch, options.alternatives, decoder.config().tokens);

    auto start = Clock::now();
    const auto states = decoder.hidden(weights, batch.embeddings, batch.positions, 1, cache, stop);
    auto choice = sampler.choose(decoder.logits(weights, states.squeeze(1)));
    const auto engine = makeStepEngine(decoder, weights, cache);
    engine->prepare();
    synchronize(device);
    progress.result().prefillSeconds = secondsSince(start);

    start = Clock::now();
    // A GPU computes the next token while the host looks at this one; on the CPU that would only delay it.
    const bool ahead = device.is_cuda();
    while (true) {
        HostChoice current(choice);
        const bool canStep = cache.length < cache.capacity;
        const auto advance = [&] {
            choice = sampler.choose(engine->step(choice.ids, batch.next));
            batch.next.add_(1.0);
            ++progress.result().steps;
        };
        if (ahead && canStep)
            advance();
        current.wait();
        const bool more = progress.take(current, callback);
        if (!more || !canStep || stop.stop_requested())
            break;
        if (!ahead)
            advance();
    }
    synchronize(device); // a step that nobody waits for may still use the cache
    progress.result().decodeSeconds = secondsSince(start);
    return progress.result();
}

} // namespace icae

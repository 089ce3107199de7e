#pragma once

#include "llm/generation.h"
#include "llm/sampler.h"
#include "tensor/device.h"

namespace icae {

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

    std::int32_t id(std::size_t row) const { return static_cast<std::int32_t>(m_ids.data_ptr<int64_t>()[row]); }

    /// The choice of a row, as a token of a sequence.
    GeneratedToken token(std::size_t row, std::size_t sequence) const
    {
        GeneratedToken token;
        token.sequence = sequence;
        token.id = id(row);
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

/// What the sequences of a generation have written, and which of them still run.
class Sequences {
public:
    Sequences(std::span<const Prompt> prompts, const GenerationOptions& options, const TokenCallback& callback);

    std::size_t count() const { return m_prompts.size(); }
    bool isRunning(std::size_t sequence) const { return m_running[sequence]; }
    bool anyRunning() const;
    const std::vector<std::int32_t>& written(std::size_t sequence) const { return m_result.ids[sequence]; }
    /// Tokens that a sequence may still write.
    std::int64_t remaining(std::size_t sequence) const;
    /// Position of the token that was written last.
    float lastPosition(std::size_t sequence) const;

    /// Takes a sequence's next token. False where the caller of the generation stops it.
    bool take(const GeneratedToken& token);

    Generation& result() { return m_result; }

private:
    void end(std::size_t sequence, EndReason reason);

    std::span<const Prompt> m_prompts;
    const GenerationOptions& m_options;
    const TokenCallback& m_callback;
    std::vector<bool> m_running;
    Generation m_result;
};

} // namespace icae

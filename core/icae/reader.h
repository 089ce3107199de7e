#pragma once

#include "icae/memory.h"
#include "icae/model.h"
#include "llm/generation.h"

#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

namespace icae {

/// How the model rates one given token.
struct TokenScore {
    float nll = 0; ///< −ln p(token), nats
    float entropy = 0; ///< of the whole distribution, nats; 0 where not asked for
    std::int32_t rank = 0; ///< 0: the likeliest; tokens that are strictly likelier count
    bool beyondDoubt = false; ///< no other token comes near; false where it was not asked for
    std::vector<Alternative> alternatives; ///< likeliest first
};

struct ScoreOptions {
    bool entropy = false;
    std::int64_t alternatives = 0;
    double doubt = 0; ///< nats: a token that others come nearer than this is in doubt; 0: not asked for
};

/// Decoder: reads slots and writes or rates text. The frozen base does this, without LoRA.
class Reader {
public:
    explicit Reader(const Model& model);

    /// Prompt for a task over spans, in the given order: left ids, slots, special token, right ids.
    /// maxTokens is left at 0.
    Prompt prompt(Task task, std::span<const SpanRef> spans, std::span<const std::int32_t> left,
                  std::span<const std::int32_t> right) const;

    /// The same for slots without a memory. slots [N, d], the spans' slots one behind the other.
    Prompt prompt(Task task, std::span<const SpanShape> shapes, const at::Tensor& slots,
                  std::span<const std::int32_t> left, std::span<const std::int32_t> right) const;

    /// Prompt that asks a question with the adapter's template.
    Prompt question(std::span<const SpanRef> spans, std::string_view text) const;

    /// Plain text in front of the base, without slots: BOS and ids at 0, 1, 2, … .
    Prompt plain(std::span<const std::int32_t> ids) const;

    /// A prompt with tokens behind it that are given; they come off its maxTokens.
    Prompt after(const Prompt& prompt, std::span<const std::int32_t> ids) const;

    /// Teacher forcing: rates each target token given the prompt and the targets before it. Prompts and targets of
    /// equal lengths are read together.
    /// @param targets a prompt: the tokens to rate
    /// @return a prompt: a score for each of its targets
    std::vector<std::vector<TokenScore>> score(std::span<const Prompt> prompts,
                                               std::span<const std::vector<std::int32_t>> targets,
                                               const ScoreOptions& options, const std::stop_token& stop = {}) const;

    /// Logits after the prompt [vocabulary], float32 on the CPU.
    at::Tensor nextLogits(const Prompt& prompt) const;

    /// Continues prompts; see icae::generate.
    Generation generate(std::span<const Prompt> prompts, const GenerationOptions& options,
                        const TokenCallback& callback = {}, const std::stop_token& stop = {},
                        Drafter* drafter = nullptr) const;

    /// Greedy options that stop at the model's EOS.
    GenerationOptions greedy() const;

private:
    void scoreGroup(std::span<const Prompt> prompts, std::span<const std::vector<std::int32_t>> targets,
                    std::span<const std::size_t> group, const ScoreOptions& options, const std::stop_token& stop,
                    std::vector<std::vector<TokenScore>>& results) const;
    at::Tensor embed(std::span<const std::int32_t> ids) const;
    void append(Prompt& prompt, std::span<const std::int32_t> ids) const;

    const Model& m_model;
};

} // namespace icae

#pragma once

#include "llm/sequences.h"
#include "llm/step.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

namespace icae {

/// How many tokens of its draft a sequence should have checked, from what agreed lately. What is agreed with is taken
/// to run on for a length that varies like a geometric distribution; its mean is estimated from the last few runs.
class DraftLength {
public:
    /// Learns that `agreed` tokens agreed, and whether the next one did not.
    void observe(std::size_t agreed, bool missed);

    /// The length, at most `most`, that gives the most tokens for its cost.
    /// @param cost of the forward, the sequence's share, for a length
    std::size_t best(std::size_t most, const std::function<double(std::size_t)>& cost) const;

    /// Tokens that a draft of that length is expected to give, the model's own choice included.
    double expected(std::size_t length) const;

private:
    double m_agreed = 48; ///< in the runs remembered; where nothing is known yet, optimism costs little
    double m_runs = 0.5;
};

/// Greedy decoding by drafts: one forward reads the last token of each sequence and the tokens drafted after it, and
/// chooses after each; what agrees and the model's own choice behind it are kept. Where no draft is worth its rows, all
/// sequences go on token by token, and drafts are compared with what they write.
class DraftedDecoding {
public:
    /// @param stop heard after each token
    DraftedDecoding(StepEngine& engine, KvCache& cache, Sampler& sampler, Sequences& sequences, Drafter& drafter,
                    std::stop_token stop);

    /// @param first the choice after the prompts
    void run(const Choice& first);

private:
    using Lengths = std::vector<std::size_t>; ///< a sequence: tokens of its draft to check
    std::optional<Lengths> plan() const;
    bool isWorthABlock(const Lengths& lengths) const;
    void fillUp(Lengths& lengths) const;
    std::size_t longest(std::size_t sequence) const;
    bool take(const GeneratedToken& token);
    bool readBlock(const Lengths& lengths);
    bool takeRows(const SequenceRows& s, const TokenRows& rows, const HostChoice& choice);
    Choice step(const at::Tensor& ids);
    void knowAgain();
    at::Tensor positions(int ahead) const;

    StepEngine& m_engine;
    KvCache& m_cache;
    Sampler& m_sampler;
    Sequences& m_sequences;
    Drafter& m_drafter;
    std::stop_token m_stop;
    std::vector<DraftLength> m_lengths; ///< a sequence
    at::Device m_device;
    // For steps of one token a sequence; undefined where the host has to say anew.
    at::Tensor m_lastIds;
    at::Tensor m_positions;
};

} // namespace icae

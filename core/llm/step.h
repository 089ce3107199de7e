#pragma once

#include "llm/decoder.h"

#include <limits>
#include <memory>
#include <vector>

namespace icae {

/// Tokens that one forward reads: for some of the sequences a few each, which follow what the cache holds.
struct TokenRows {
    std::vector<int64_t> ids; ///< a row
    std::vector<float> positions; ///< a row
    std::vector<SequenceRows> sequences; ///< as RowLayout takes them

    int64_t count() const { return static_cast<int64_t>(ids.size()); }
    /// Begins the rows of a sequence that holds `past` tokens.
    void begin(int64_t sequence, int64_t past) { sequences.push_back({sequence, count(), 0, past}); }
    /// Adds a row to the sequence begun last.
    void add(int64_t id, float position);
};

/// What a forward takes, in the time that one more row takes, by the device's usual ratios: not measured, so that equal
/// inputs take equal ways.
struct ForwardCost {
    double forward = 0; ///< without rows: reading the weights, starting kernels
    double cachedToken = 0; ///< for each token in the cache of a sequence that has rows
    std::int64_t vocabulary = 0; ///< logits a row
    // Beyond so many rows a library's products take over: they begin later, and are faster then.
    std::int64_t fewRows = std::numeric_limits<std::int64_t>::max();
    double wideForward = 0;
    double wideRow = 0;
    // What several tokens of a sequence cost on top of that against a step of one token of every sequence:
    double block = 0; ///< a forward
    double tile = 0; ///< for each cached token, a sequence and begun tileRows of its rows
    std::int64_t tileRows = 1;

    /// Without what the cached tokens take.
    double of(std::int64_t rows) const
    {
        const auto count = static_cast<double>(rows);
        return rows <= fewRows ? forward + count : wideForward + wideRow * count;
    }

    /// What reading so many cached tokens takes for some rows of their sequence in a block.
    double reading(std::int64_t tokens, std::int64_t rows) const
    {
        const auto tiles = static_cast<double>((rows + tileRows - 1) / tileRows);
        return static_cast<double>(tokens) * (cachedToken + tile * tiles);
    }
};

/// Reads tokens, again and again: the inner loop of generation. What the cache holds of each sequence may be cut back
/// between calls.
class StepEngine {
public:
    StepEngine() = default;
    StepEngine(const StepEngine&) = delete;
    StepEngine& operator=(const StepEngine&) = delete;
    virtual ~StepEngine() = default;

    /// Does what need be done once before the first step.
    virtual void prepare() { }

    /// Reads one token of every sequence.
    /// @param ids [B] int64 on the weights' device
    /// @param positions [B] float32 there
    /// @return logits [B, vocabulary], valid until the next call
    virtual at::Tensor step(const at::Tensor& ids, const at::Tensor& positions) = 0;

    /// Reads several tokens of some sequences.
    /// @return logits [at least rows.count(), vocabulary], valid until the next call; rows beyond are garbage
    virtual at::Tensor read(const TokenRows& rows) = 0;

    virtual ForwardCost cost() const = 0;

    /// As many rows as read() computes where `rows` are asked for.
    virtual int64_t wholeRows(int64_t rows) const { return rows; }
};

/// The fastest engine for the device, dtype and number of sequences. Decoder, weights and cache must outlive it.
std::unique_ptr<StepEngine> makeStepEngine(const Decoder& decoder, const LlmWeights& weights, KvCache& cache);

/// What a forward of such a model takes.
ForwardCost forwardCost(const LlmConfig& config, const LlmWeights& weights);

/// The engine that works everywhere: a forward pass of one token.
std::unique_ptr<StepEngine> makePlainStepEngine(const Decoder& decoder, const LlmWeights& weights, KvCache& cache);

} // namespace icae

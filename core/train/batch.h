#pragma once

#include "icae/layout.h"
#include "llm/config.h"
#include "train/corpus.h"
#include "train/job.h"
#include "train/random.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace icae {

/// Published code has no loss on the first 8 tokens of a continuation.
inline constexpr std::int64_t unratedContinuation = 8;

/// What is read without loss, and then predicted.
struct Turn {
    std::vector<std::int64_t> prompt;
    std::vector<std::int64_t> targets; ///< at least one
};

/// One training example as token ids.
struct Sample {
    std::vector<std::vector<std::int64_t>> spans; ///< context, span by span; empty for plain text
    std::vector<std::int64_t> left; ///< before the slots
    std::vector<Turn> turns; ///< one after the other, each read with what was predicted before; where there are no
                             ///< spans, the first prompt has at least one token
    std::int64_t unrated = 0; ///< first targets of each turn without loss
};

/// Examples side by side, padded to one shape: what one forward reads. Ids from vocabSize on mean rows of the adapter's
/// embeddings (memory tokens, then special tokens). Padding stands behind everything that is read, so that causal
/// attention never sees it.
struct Batch {
    Objective objective = Objective::Plain;
    std::string series; ///< whose curve its loss belongs to, e.g. "ae 512/128"
    std::int64_t contextTokens = 0;
    std::int64_t targetCount = 0; ///< targets with loss

    std::int64_t spanRows = 0; ///< R: spans of all examples; 0 for plain text
    std::int64_t spanLength = 0; ///< longest span and its memory tokens
    std::int64_t slots = 0; ///< k, a span
    std::vector<std::int64_t> spanIds; ///< [R, spanLength]
    std::vector<float> spanPositions; ///< [R, spanLength]
    std::vector<std::int64_t> slotRows; ///< [R·k]: rows of the memory tokens among R·spanLength
    std::vector<std::int64_t> dropoutKeys; ///< [R]: dropout of a span follows from its key, whichever rank reads it

    std::int64_t sequences = 0; ///< B
    std::vector<std::int64_t> sequenceKeys; ///< [B]: dropout in the decoder follows from them; empty without
    std::int64_t leftLength = 0;
    std::int64_t textLength = 0; ///< T
    std::vector<std::int64_t> leftIds; ///< [B, leftLength]
    std::vector<std::int64_t> textIds; ///< [B, T]: special token, prompts and targets but the last one
    std::vector<float> positions; ///< [B, leftLength + slots of an example + T]
    std::vector<std::int64_t> targets; ///< [B, T]; -1 without loss

    /// Slots of one example.
    std::int64_t slotsOfSequence() const { return sequences == 0 ? 0 : spanRows * slots / sequences; }
    /// Batches of equal shape run through the same buffers.
    using Shape = std::array<std::int64_t, 6>;
    Shape shape() const { return {spanRows, spanLength, slots, sequences, leftLength, textLength}; }
};

/// Least extents of a batch, so that few shapes occur.
struct Padding {
    std::int64_t spanTokens = 0;
    std::int64_t textLength = 0;
};

/// Lays examples out. All have the same number of spans and the same length of `left`.
/// @param slots k; at most the length of the shortest span
/// @throws Error (InvalidInput) where an example reaches beyond the model's positions
Batch assemble(Objective objective, const std::vector<Sample>& samples, std::int64_t slots, const LlmConfig& config,
               const AdapterConfig& adapter, const Padding& padding);

/// The examples of a batch that one of several ranks reads: consecutive ones, as many as others have, or one more or
/// less; none where there are fewer than ranks. Series, tokens and targets stay those of the whole batch, so that
/// losses and gradients of all parts add up to its own.
/// @param part from 0
Batch partOf(const Batch& whole, std::int64_t part, std::int64_t parts);

/// Draws batches from corpora. Which batch comes at which number depends on the job alone.
class BatchSource {
public:
    BatchSource(const TrainJob& job, LlmConfig config, std::shared_ptr<const TextCorpus> texts,
                std::shared_ptr<const QuestionCorpus> questions, const Tokenizer& tokenizer);

    /// Safe to call from several threads.
    Batch make(std::int64_t number) const;
    /// Questions that no batch has: they are too long, or their texts too short or too long.
    std::int64_t leftOut() const { return m_leftOut; }

private:
    Batch draw(Random& random) const;
    /// Questions whose batches have one shape.
    struct BucketShape {
        std::int64_t spans = 0; ///< 0: the text is read without slots
        std::int64_t spanTokens = 0;
        std::int64_t textLength = 0;

        auto operator<=>(const BucketShape&) const = default; // NOLINT(modernize-use-nullptr): false alarm
    };
    using Buckets = std::map<BucketShape, std::vector<std::size_t>>;

    Batch autoencode(Random& random) const;
    Batch continuation(Random& random) const;
    Batch plain(Random& random) const;
    Batch ask(Random& random, const Buckets& buckets, bool withSlots) const;
    Sample questions(Random& random, std::size_t lead, const BucketShape& shape) const;
    std::vector<std::size_t> turnsOf(Random& random, std::size_t lead, std::int64_t room) const;
    std::int64_t roomBehind(std::int64_t context) const;
    bool fits(std::size_t item) const;
    std::int64_t textOf(std::size_t item) const;
    std::int64_t textOf(const std::vector<std::size_t>& sameContext) const;
    void sortQuestions();
    std::vector<std::int64_t> window(Random& random, std::int64_t tokens) const;
    std::int64_t sequencesFor(std::int64_t tokens) const;

    TrainJob m_job;
    LlmConfig m_config;
    std::shared_ptr<const TextCorpus> m_texts;
    std::shared_ptr<const QuestionCorpus> m_questions;
    std::vector<std::int64_t> m_left;
    std::vector<std::int64_t> m_before;
    std::vector<std::int64_t> m_after;
    std::map<std::size_t, std::vector<std::size_t>> m_sameContext; ///< usable questions, by context
    Buckets m_overSlots; ///< first questions of samples
    Buckets m_overText;
    std::int64_t m_leftOut = 0;
};

} // namespace icae

#pragma once

#include "icae/question_words.h"
#include "icae/reader.h"
#include "protocol/chat_requests.h"
#include "reading/source.h"

#include <stop_token>
#include <string>
#include <vector>

namespace icae {

/// A memory that a question is about.
struct ContextMemory {
    const Source* source = nullptr; ///< its slots may be undefined where they are only counted
    std::vector<std::int64_t> spans; ///< as chosenSpans()
    std::vector<std::int64_t> expanded; ///< spans that are read as text
    bool ofThisModel = true; ///< false: another model's, whose text alone can be read
};

/// A question and what stands before it.
struct ContextQuestion {
    std::vector<ContextMemory> memories;
    std::vector<std::string> turns; ///< question, answer, question, answer, …; oldest first
    std::string question;
    double turnShare = 0.25; ///< as ChatPrompt::turnShare
};

/// A span's slots in a prompt: rows one behind the other.
struct PlacedSlots {
    std::size_t memory = 0; ///< index into the question's memories
    std::int64_t span = 0;
    std::int64_t row = 0; ///< of the first one
    std::int64_t slots = 0;
};

/// What a question takes in one context.
struct ContextSize {
    std::int64_t positions = 0; ///< of the base, before the answer
    std::int64_t length = 0; ///< tokens and slots
    std::int64_t turnSlots = 0; ///< that earlier turns are compressed to; 0: read as text
};

struct ContextPrompt {
    Prompt prompt; ///< maxTokens is left at 0
    std::vector<PlacedSlots> slots; ///< of memories
    ContextSize size;
};

/// Prompts of questions in every context. Slots alone: Reader::question(); text and nothing: QuestionWords::plain(), as
/// the evaluation of questions asks. Where spans are expanded, their tokens stand at the positions that their layout
/// leaves them. Earlier turns stand before the question, each with its words and EOS behind its answer; compressed ones
/// are slots behind the memories'.
class QuestionContexts {
public:
    explicit QuestionContexts(const Model& model);

    /// @throws Error (InvalidInput) where there is no question or no memory; (NotFound) where a text is unknown;
    ///         (Mismatch) where another model's slots were to be read
    ContextSize size(const ContextQuestion& question, AnswerContext context) const;

    /// Refuses what goes beyond the base's positions, with the remedy.
    /// @throws Error as size(), and (InvalidInput) for that
    ContextSize requireFits(const ContextQuestion& question, AnswerContext context, std::int64_t maxTokens) const;

    /// @throws Error as size(); (Cancelled) while turns are compressed
    ContextPrompt prompt(const ContextQuestion& question, AnswerContext context,
                         const std::stop_token& stop = {}) const;

private:
    struct Piece;
    struct Plan;
    Plan plan(const ContextQuestion& question, AnswerContext context) const;
    void addMemory(Plan& plan, const ContextMemory& memory, std::size_t index, AnswerContext context) const;
    void addTurns(Plan& plan, const ContextQuestion& question, bool mayCompress) const;
    ContextSize place(Plan& plan) const;
    at::Tensor embed(const TokenIds& ids) const;

    const Model& m_model;
    QuestionWords m_words;
};

/// Spans of a memory as their tokens, without a context's BOS.
/// @throws Error (NotFound) where the text is unknown
TokenIds spanTokens(const Model& model, const ContextMemory& memory, std::int64_t span);

} // namespace icae

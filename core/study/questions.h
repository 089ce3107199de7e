#pragma once

#include "icae/model.h"
#include "measure/statistics.h"

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace icae {

/// A question over a text, as PwC stores it.
struct Question {
    std::string input;
    std::string prompt;
    std::string answer;
};

/// Rows {"input", "prompt", "answer"} of a JSON-lines file.
/// @throws Error (InvalidInput) naming the line
std::vector<Question> readQuestions(const std::filesystem::path& file);

/// How well questions are answered in one condition.
struct AnswerScores {
    Summary loss; ///< nats a token of answer and EOS, teacher-forced
    Summary exact; ///< 1 where every token of answer and EOS is the likeliest, which greedy decoding would write
};

struct QuestionResult {
    AnswerScores withSlots;
    AnswerScores text; ///< after BOS and the whole text
    AnswerScores nothing; ///< after BOS alone
    std::int64_t skipped = 0; ///< texts under 16 or over 1,536 tokens, questions over 64, answers over 96
};

/// Asks with the adapter's template. Spans as published; a span of n tokens gets the least slot count k with 4·k ≥ n,
/// or the adapter's most.
/// @param most questions to ask, the first ones; 0: all
QuestionResult answerQuestions(const Model& model, const std::vector<Question>& questions, std::int64_t most,
                               const ProgressCallback& progress, const std::stop_token& stop);

} // namespace icae

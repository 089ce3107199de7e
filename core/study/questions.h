#pragma once

#include "icae/model.h"
#include "study/conditions.h"
#include "study/pace.h"

#include <filesystem>
#include <string>
#include <vector>

namespace icae {

/// A question over a text, as PwC stores it.
struct Question {
    std::string input;
    std::string prompt;
    std::string answer;
};

/// Rows {"input", "prompt", "answer"} of JSON lines.
/// @param source name for messages
/// @throws Error (InvalidInput) naming the line
std::vector<Question> parseQuestions(const std::string& text, const std::string& source);

/// The same of a file.
/// @throws Error (InvalidInput) naming the line
std::vector<Question> readQuestions(const std::filesystem::path& file);

struct QuestionResult {
    Conditions after; ///< `text`: BOS and the whole text; `nothing`: BOS alone. Losses count the answer and EOS
    std::int64_t skipped = 0; ///< texts under 16 or over 1,536 tokens, questions over 64, answers over 96
};

/// Asks with the adapter's template. Spans as published; a span of n tokens gets the least slot count k with 4·k ≥ n,
/// or the adapter's most.
/// @param most questions to ask, at equal distances in the list; 0: all
QuestionResult answerQuestions(const Model& model, const std::vector<Question>& questions, std::int64_t most,
                               const ProgressCallback& progress, const StudyPace& pace);

} // namespace icae

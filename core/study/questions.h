#pragma once

#include "icae/model.h"
#include "study/conditions.h"
#include "study/pace.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
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
    std::int64_t skipped = 0; ///< texts under 16 or over 2,048 tokens, questions over 64, answers over 96
};

/// Asks with the adapter's template. Spans as published; a span of n tokens gets the least slot count k with 4·k ≥ n,
/// or the adapter's most.
/// @param most questions to ask, at equal distances in the list; 0: all
QuestionResult answerQuestions(const Model& model, const std::vector<Question>& questions, std::int64_t most,
                               const ProgressCallback& progress, const StudyPace& pace);

/// The answer that stands for none: what a model is taught to write where the text has no answer.
inline constexpr std::string_view noAnswer = "The text does not answer this question.";

/// What free answers after one kind of context came to.
struct FreeAnswers {
    Summary f1; ///< words, as SQuAD counts them; questions that the text answers, a refusal counting as any answer
    Summary exact; ///< the same questions: 1 where the words are the same
    Summary wronglyRefused; ///< the same questions: 1 where the answer was noAnswer
    Summary refused; ///< questions whose answer is noAnswer: 1 where that was written

    /// Written only.
    static void describe(auto& value, auto&& field)
    {
        field.written("n", value.f1.n);
        field.written("f1_mean", value.f1.mean);
        field.written("f1_low", value.f1.low);
        field.written("f1_high", value.f1.high);
        field.written("em_mean", value.exact.mean);
        field.written("em_low", value.exact.low);
        field.written("em_high", value.exact.high);
        field.written("wrong_refusals", value.wronglyRefused.mean);
        field.written("n_unanswerable", value.refused.n);
        field.written("refusal_recall", value.refused.mean);
    }
};

struct FreeResult {
    FreeAnswers text; ///< BOS and the whole text
    FreeAnswers slots;
    FreeAnswers nothing; ///< BOS alone
    std::int64_t skipped = 0; ///< as in QuestionResult

    std::vector<ContextRow<FreeAnswers>> rows() const; ///< best context first

    /// Written only.
    static void describe(auto& value, auto&& field)
    {
        field.written("contexts", value.rows());
        field.written("skipped", value.skipped);
    }
};

/// One question and what was written, for those who want to look.
struct FreeAnswer {
    Question question;
    std::string text;
    std::string slots;
    std::string nothing;

    static void describe(auto& value, auto&& field)
    {
        field.required("prompt", value.question.prompt);
        field.required("answer", value.question.answer);
        field("text", value.text);
        field("slots", value.slots);
        field("nothing", value.nothing);
    }
};

/// Answers greedily, up to 96 tokens, after the same contexts as answerQuestions.
/// @param onAnswer called for each question; may be empty
FreeResult answerFreely(const Model& model, const std::vector<Question>& questions, std::int64_t most,
                        const std::function<void(const FreeAnswer&)>& onAnswer, const ProgressCallback& progress,
                        const StudyPace& pace);

/// A table for people: a line a context.
std::string toText(const FreeResult& result);

/// context,n,f1_mean,f1_low,f1_high,em_mean,em_low,em_high,wrong_refusals,n_unanswerable,refusal_recall.
std::string toCsv(const FreeResult& result);

} // namespace icae

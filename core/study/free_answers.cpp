#include "measure/csv_number.h"
#include "measure/match.h"
#include "study/question_asker.h"
#include "study/questions.h"

#include <array>
#include <iomanip>
#include <sstream>

namespace icae {

namespace {

struct Counted {
    std::vector<double> f1;
    std::vector<double> exact;
    std::vector<double> wronglyRefused;
    std::vector<double> refused;

    void add(const std::string& reference, const std::string& written)
    {
        const double refusal = answersMatch(noAnswer, written) ? 1 : 0;
        if (answersMatch(noAnswer, reference)) {
            refused.push_back(refusal);
            return;
        }
        f1.push_back(wordF1(reference, written));
        exact.push_back(answersMatch(reference, written) ? 1 : 0);
        wronglyRefused.push_back(refusal);
    }

    FreeAnswers summary() const
    {
        return {summarise(f1), summarise(exact), summarise(wronglyRefused), summarise(refused)};
    }
};

/// "0.245 (0.221–0.270)", or "–" where nothing was measured.
std::string figure(const Summary& summary)
{
    if (summary.n == 0)
        return "–";
    std::ostringstream out;
    out << std::fixed << std::setprecision(3) << summary.mean << " (" << summary.low << "–" << summary.high << ")";
    return out.str();
}

constexpr std::size_t atOnce = 64; // questions whose forwards share shapes where they can

/// Answers after each of the contexts.
void write(const Model& model, const QuestionAsker& asker, std::array<std::vector<Prompt>, 3>& prompts,
           std::vector<FreeAnswer>& answers, const StudyPace& pace)
{
    constexpr std::array written{&FreeAnswer::text, &FreeAnswer::slots, &FreeAnswer::nothing};
    const auto& reader = asker.reader();
    for (std::size_t i = 0; i < written.size(); ++i) {
        for (auto& prompt : prompts.at(i))
            prompt.maxTokens = mostAnswerTokens;
        const auto generation = reader.generate(prompts.at(i), reader.greedy(), pacedTokens(pace), pace.stop);
        for (std::size_t n = 0; n < answers.size(); ++n)
            answers[n].*written.at(i) = model.tokenizer()->decode(generation.ids[n]);
        pace.pause();
    }
}

} // namespace

FreeResult answerFreely(const Model& model, const std::vector<Question>& questions, std::int64_t most,
                        const std::function<void(const FreeAnswer&)>& onAnswer, const ProgressCallback& progress,
                        const StudyPace& pace)
{
    const QuestionAsker asker(model);
    const auto count = questionsToAsk(questions.size(), most);
    FreeResult result;
    std::array<Counted, 3> counted;
    Progress state{"Answering", 0, static_cast<double>(count), "questions"};
    for (std::size_t first = 0; first < count; first += atOnce) {
        const auto last = std::min(count, first + atOnce);
        std::array<std::vector<Prompt>, 3> prompts;
        std::vector<FreeAnswer> answers;
        for (auto i = first; i < last; ++i) {
            const auto& row = questions[i * questions.size() / count];
            pace.pause();
            if (const auto ids = asker.encode(row)) {
                asker.addPrompts(*ids, prompts);
                answers.push_back({row, {}, {}, {}});
            } else {
                ++result.skipped;
            }
        }
        if (!answers.empty())
            write(model, asker, prompts, answers, pace);
        for (const auto& answer : answers) {
            const std::array written{&answer.text, &answer.slots, &answer.nothing};
            for (std::size_t i = 0; i < counted.size(); ++i)
                counted.at(i).add(answer.question.answer, *written.at(i));
            if (onAnswer)
                onAnswer(answer);
        }
        state.done = static_cast<double>(last);
        if (progress)
            progress(state);
    }
    result.text = counted[0].summary();
    result.slots = counted[1].summary();
    result.nothing = counted[2].summary();
    return result;
}

std::vector<ContextRow<FreeAnswers>> FreeResult::rows() const
{
    return {{"text", text}, {"slots", slots}, {"nothing", nothing}};
}

std::string toText(const FreeResult& result)
{
    std::ostringstream out;
    out << "context      n  F1 (95 % interval)   EM (95 % interval)   refused wrongly      refused rightly\n";
    for (const auto& [context, answers] : result.rows())
        out << std::left << std::setw(8) << context << std::right << std::setw(6) << answers.f1.n << "  "
            << figure(answers.f1) << "  " << figure(answers.exact) << "  " << figure(answers.wronglyRefused) << "  "
            << figure(answers.refused) << (answers.refused.n > 0 ? " of " + std::to_string(answers.refused.n) : "")
            << "\n";
    return out.str();
}

std::string toCsv(const FreeResult& result)
{
    std::ostringstream out;
    out << "context,n,f1_mean,f1_low,f1_high,em_mean,em_low,em_high,wrong_refusals,n_unanswerable,refusal_recall\n";
    for (const auto& [context, answers] : result.rows())
        out << context << "," << answers.f1.n << "," << CsvNumber{answers.f1.mean} << "," << CsvNumber{answers.f1.low}
            << "," << CsvNumber{answers.f1.high} << "," << CsvNumber{answers.exact.mean} << ","
            << CsvNumber{answers.exact.low} << "," << CsvNumber{answers.exact.high} << ","
            << CsvNumber{answers.wronglyRefused.mean} << "," << answers.refused.n << ","
            << CsvNumber{answers.refused.mean} << "\n";
    return out.str();
}

} // namespace icae

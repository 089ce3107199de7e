#include "study/questions.h"

#include "protocol/error.h"
#include "protocol/json_lines.h"
#include "reading/rating.h"
#include "study/question_asker.h"
#include "text/text_file.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::size_t atOnce = 64; // questions whose forwards share shapes where they can

struct Collected {
    std::vector<double> loss;
    std::vector<double> exact;

    void add(const std::vector<TokenScore>& scores)
    {
        loss.push_back(forcedScores(scores).loss);
        exact.push_back(
            std::all_of(scores.begin(), scores.end(), [](const auto& score) { return score.rank == 0; }) ? 1 : 0);
    }

    ContextScores summary() const { return {summarise(loss), summarise(exact)}; }
};

} // namespace

std::vector<Question> readQuestions(const std::filesystem::path& file)
{
    auto questions = parseQuestions(readTextFile(file), file.string());
    if (questions.empty())
        throw Error(ErrorKind::InvalidInput, file.string() + " holds no questions.",
                    "Give a file with one JSON object {\"input\", \"prompt\", \"answer\"} a line.");
    return questions;
}

std::vector<Question> parseQuestions(const std::string& text, const std::string& source)
{
    std::vector<Question> questions;
    forEachJsonLine(text, source, [&](const JsonReader& row) {
        questions.push_back({row.text("input"), row.text("prompt"), row.text("answer")});
    });
    return questions;
}

QuestionResult answerQuestions(const Model& model, const std::vector<Question>& questions, std::int64_t most,
                               const ProgressCallback& progress, const StudyPace& pace)
{
    const QuestionAsker asker(model);
    const auto count = questionsToAsk(questions.size(), most);
    QuestionResult result;
    Collected withSlots;
    Collected text;
    Collected nothing;
    Progress state{"Asking", 0, static_cast<double>(count), "questions"};
    for (std::size_t first = 0; first < count; first += atOnce) {
        std::array<std::vector<Prompt>, 3> prompts;
        std::vector<TokenIds> targets;
        for (std::size_t i = first; i < std::min(count, first + atOnce); ++i) {
            const auto& row = questions[i * questions.size() / count];
            auto ids = asker.encode(row);
            if (!ids) {
                ++result.skipped;
                continue;
            }
            asker.addPrompts(*ids, prompts);
            ids->answer.push_back(static_cast<std::int32_t>(model.config().eosId()));
            targets.push_back(std::move(ids->answer));
        }
        const std::array conditions{&text, &withSlots, &nothing};
        for (std::size_t i = 0; i < conditions.size(); ++i) {
            pace.pause();
            for (const auto& scores : asker.reader().score(prompts.at(i), targets, {}, pace.stop))
                conditions.at(i)->add(scores);
        }
        pace.pause();
        state.done = static_cast<double>(std::min(count, first + atOnce));
        if (progress)
            progress(state);
    }
    result.after = {text.summary(), withSlots.summary(), nothing.summary()};
    return result;
}

} // namespace icae

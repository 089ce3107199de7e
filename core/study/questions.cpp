#include "study/questions.h"

#include "icae/compressor.h"
#include "icae/reader.h"
#include "protocol/error.h"
#include "protocol/json_lines.h"
#include "text/spans.h"
#include "text/text_file.h"

#include <algorithm>

namespace icae {

namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::int64_t leastTextTokens = 16;
constexpr std::int64_t mostTextTokens = 1536;
constexpr std::int64_t mostQuestionTokens = 64;
constexpr std::int64_t mostAnswerTokens = 96;
constexpr std::size_t atOnce = 64; // questions whose forwards share shapes where they can

struct Collected {
    std::vector<double> loss;
    std::vector<double> exact;

    void add(const std::vector<TokenScore>& scores)
    {
        double total = 0;
        for (const auto& score : scores)
            total += static_cast<double>(score.nll);
        loss.push_back(total / static_cast<double>(scores.size()));
        exact.push_back(
            std::all_of(scores.begin(), scores.end(), [](const auto& score) { return score.rank == 0; }) ? 1 : 0);
    }

    ContextScores summary() const { return {summarise(loss), summarise(exact)}; }
};

Ids joined(std::initializer_list<Ids> parts)
{
    Ids all;
    for (const auto& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

/// Prompts of one question in the three conditions.
class Asker {
public:
    explicit Asker(const Model& model)
        : m_model(model)
        , m_compressor(model)
        , m_reader(model)
    {
        const auto& words = model.adapter().config.prompt;
        const auto& tokenizer = *model.tokenizer();
        m_first = {static_cast<std::int32_t>(model.config().bosId)};
        m_left = joined({words.leftBos ? bos() : Ids{}, tokenizer.encodePrompt(words.left)});
        m_before = tokenizer.encodePrompt(words.rightBefore);
        m_after = tokenizer.encodePrompt(words.rightAfter);
    }

    const Reader& reader() const { return m_reader; }

    Prompt withSlots(const Ids& text, const Ids& question) const
    {
        const auto& config = m_model.adapter().config;
        const auto plan = planSpans(text.size(), static_cast<std::size_t>(config.spanTokens));
        const auto longest = static_cast<std::int64_t>(plan.front().count);
        const auto choices = config.slotChoices();
        const auto enough =
            std::find_if(choices.begin(), choices.end(), [&](auto count) { return count * 4 >= longest; });
        std::vector<SpanShape> shapes;
        std::vector<at::Tensor> slots;
        for (const auto& span : plan) {
            const auto count = static_cast<std::int64_t>(span.count);
            const auto k = std::min(enough == choices.end() ? choices.back() : *enough, count);
            auto ids = at::empty({1, count}, at::kLong);
            std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(span.first), count, ids.data_ptr<int64_t>());
            slots.push_back(m_compressor.encode(ids, k)[0]);
            shapes.push_back({count, k});
        }
        const c10::InferenceMode noGradients;
        return m_reader.prompt(Task::Instruct, shapes, at::cat(slots, 0), m_left,
                               joined({m_before, question, m_after}));
    }

    Prompt plain(const Ids& text, const Ids& question) const
    {
        return m_reader.plain(joined({text.empty() ? m_first : bos(), text, m_before, question, m_after}));
    }

private:
    Ids bos() const { return m_model.config().hasBos ? m_first : Ids{}; }

    const Model& m_model;
    Compressor m_compressor;
    Reader m_reader;
    Ids m_first; ///< what stands before everything where nothing else does
    Ids m_left;
    Ids m_before;
    Ids m_after;
};

} // namespace

std::vector<Question> readQuestions(const std::filesystem::path& file)
{
    return parseQuestions(readTextFile(file), file.string());
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
                               const ProgressCallback& progress, const std::stop_token& stop)
{
    const Asker asker(model);
    const auto& tokenizer = *model.tokenizer();
    const auto count = most > 0 ? std::min(questions.size(), static_cast<std::size_t>(most)) : questions.size();
    QuestionResult result;
    Collected withSlots;
    Collected text;
    Collected nothing;
    Progress state{"Asking", 0, static_cast<double>(count), "questions"};
    for (std::size_t first = 0; first < count; first += atOnce) {
        std::array<std::vector<Prompt>, 3> prompts;
        std::vector<Ids> targets;
        for (std::size_t i = first; i < std::min(count, first + atOnce); ++i) {
            const auto& row = questions[i * questions.size() / count];
            const auto input = tokenizer.encodeIds(row.input);
            const auto question = tokenizer.encodeIds(row.prompt);
            auto answer = tokenizer.encodeIds(row.answer);
            if (std::ssize(input) < leastTextTokens || std::ssize(input) > mostTextTokens || answer.empty()
                || std::ssize(question) > mostQuestionTokens || std::ssize(answer) > mostAnswerTokens) {
                ++result.skipped;
                continue;
            }
            answer.push_back(static_cast<std::int32_t>(model.config().eosId()));
            prompts[0].push_back(asker.withSlots(input, question));
            prompts[1].push_back(asker.plain(input, question));
            prompts[2].push_back(asker.plain({}, question));
            targets.push_back(std::move(answer));
        }
        const std::array conditions{&withSlots, &text, &nothing};
        for (std::size_t i = 0; i < conditions.size(); ++i)
            for (const auto& scores : asker.reader().score(prompts.at(i), targets, {}, stop))
                conditions.at(i)->add(scores);
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "The evaluation was stopped.", {});
        state.done = static_cast<double>(std::min(count, first + atOnce));
        if (progress)
            progress(state);
    }
    result.after = {text.summary(), withSlots.summary(), nothing.summary()};
    return result;
}

} // namespace icae

#include "study/question_asker.h"

#include "text/spans.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::int64_t leastTextTokens = 16;
constexpr std::int64_t mostTextTokens = 2048;
constexpr std::int64_t mostQuestionTokens = 64;

} // namespace

QuestionAsker::QuestionAsker(const Model& model)
    : m_model(model)
    , m_compressor(model)
    , m_reader(model)
    , m_words(model)
{
}

Prompt QuestionAsker::withSlots(const TokenIds& text, const TokenIds& question) const
{
    const auto& config = m_model.adapter().config;
    const auto plan = planSpans(text.size(), static_cast<std::size_t>(config.spanTokens));
    const auto longest = static_cast<std::int64_t>(plan.front().count);
    const auto choices = config.slotChoices();
    const auto enough = std::find_if(choices.begin(), choices.end(), [&](auto count) { return count * 4 >= longest; });
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
    return m_reader.prompt(Task::Instruct, shapes, at::cat(slots, 0), m_words.left, m_words.asked(question));
}

Prompt QuestionAsker::plain(const TokenIds& text, const TokenIds& question) const
{
    return m_reader.plain(m_words.plain(text, question));
}

std::optional<EncodedQuestion> QuestionAsker::encode(const Question& question) const
{
    EncodedQuestion ids{encode(question.input), encode(question.prompt), encode(question.answer)};
    if (std::ssize(ids.input) < leastTextTokens || std::ssize(ids.input) > mostTextTokens || ids.answer.empty()
        || std::ssize(ids.question) > mostQuestionTokens || std::ssize(ids.answer) > mostAnswerTokens)
        return std::nullopt;
    return ids;
}

void QuestionAsker::addPrompts(const EncodedQuestion& ids, std::array<std::vector<Prompt>, 3>& prompts) const
{
    prompts[0].push_back(plain(ids.input, ids.question));
    prompts[1].push_back(withSlots(ids.input, ids.question));
    prompts[2].push_back(plain({}, ids.question));
}

Prompt QuestionAsker::withSlots(const Question& question) const
{
    return withSlots(encode(question.input), encode(question.prompt));
}

Prompt QuestionAsker::withText(const Question& question) const
{
    return plain(encode(question.input), encode(question.prompt));
}

Prompt QuestionAsker::withNothing(const Question& question) const
{
    return plain({}, encode(question.prompt));
}

} // namespace icae

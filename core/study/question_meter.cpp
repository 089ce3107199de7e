#include "measure/match.h"
#include "study/cell_meter.h"
#include "study/question_asker.h"

#include <algorithm>

namespace icae {

namespace {

/// Questions, answered after different contexts.
class QuestionMeter final : public CellMeter {
public:
    explicit QuestionMeter(const MeterInputs& inputs)
        : m_questions(inputs.data.questions)
        , m_most(std::min(inputs.spec.windows, std::ssize(m_questions)))
        , m_model(inputs.model)
        , m_asker(*m_model)
    {
    }

    std::vector<StudySample> measure(const StudyCell& cell, std::int64_t first, std::int64_t count,
                                     const StudyPace& pace) override
    {
        std::vector<StudySample> samples;
        std::vector<Prompt> prompts;
        std::vector<TokenIds> targets;
        for (auto i = first; i < std::min(first + count, m_most); ++i) { // at equal distances
            const auto row = static_cast<std::size_t>(i * std::ssize(m_questions) / m_most);
            prompts.push_back(prompt(cell.context, m_questions[row]));
            samples.push_back(unanswered(row));
            targets.push_back(samples.back().referenceIds);
            targets.back().push_back(static_cast<TokenId>(m_model->config().eosId()));
            pace.pause();
        }
        if (samples.empty())
            return samples;
        const auto& reader = m_asker.reader();
        const auto scores = reader.score(prompts, targets, {}, pace.stop);
        pace.pause();
        const auto generation = reader.generate(prompts, reader.greedy(), pacedTokens(pace), pace.stop);
        pace.pause();
        for (std::size_t i = 0; i < samples.size(); ++i) {
            auto& sample = samples[i];
            sample.writtenIds = generation.ids[i];
            sample.written = m_model->tokenizer()->decode(sample.writtenIds);
            sample.exact = answersMatch(sample.reference, sample.written) ? 1 : 0;
            sample.f1 = wordF1(sample.reference, sample.written);
            rateSample(sample, scores[i], sample.reference.size());
        }
        return samples;
    }

private:
    Prompt prompt(StudyContext context, const Question& question) const
    {
        auto prompt = context == StudyContext::Slots ? m_asker.withSlots(question)
            : context == StudyContext::Text          ? m_asker.withText(question)
                                                     : m_asker.withNothing(question);
        prompt.maxTokens = mostAnswerTokens;
        return prompt;
    }

    StudySample unanswered(std::size_t row) const
    {
        const auto& question = m_questions[row];
        StudySample sample;
        sample.text = std::to_string(row + 1);
        sample.end = std::ssize(question.input);
        sample.question = question.prompt;
        sample.reference = question.answer;
        sample.referenceIds = m_model->tokenizer()->encodeIds(question.answer);
        return sample;
    }

    const std::vector<Question>& m_questions;
    std::int64_t m_most;
    std::shared_ptr<const Model> m_model;
    QuestionAsker m_asker;
};

} // namespace

std::unique_ptr<CellMeter> makeQuestionMeter(const MeterInputs& inputs)
{
    return std::make_unique<QuestionMeter>(inputs);
}

} // namespace icae

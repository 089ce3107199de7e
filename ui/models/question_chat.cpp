#include "models/question_chat.h"

#include "models/model_tree_model.h"

#include <QRandomGenerator>

#include <algorithm>
#include <map>
#include <utility>

namespace icae {

namespace {

AnswerContext contextOf(StudyContext context)
{
    switch (context) {
    case StudyContext::Slots:
        return AnswerContext::Slots;
    case StudyContext::Text:
        return AnswerContext::Text;
    case StudyContext::Cut:
        return AnswerContext::Excerpt;
    case StudyContext::Nothing:
        break;
    }
    return AnswerContext::Nothing;
}

} // namespace

Conversation chatOfQuestions(std::string id, const StudyConfig& study, const std::vector<StudySample>& samples,
                             std::int64_t seed)
{
    Conversation chat;
    chat.id = std::move(id);
    chat.name = study.spec.title;
    std::map<std::int64_t, std::vector<const StudySample*>> questions; // by window: the same question in all cells
    for (const auto& sample : samples)
        questions[sample.index].push_back(&sample);
    QRandomGenerator draw(static_cast<quint32>(seed));
    std::int64_t first = -1;
    const bool severalModels = study.models.size() > 1;
    for (auto& [index, answers] : questions) {
        std::stable_sort(answers.begin(), answers.end(), [](const StudySample* a, const StudySample* b) {
            return std::pair(contextOf(a->cell.context), a->cell.model)
                < std::pair(contextOf(b->cell.context), b->cell.model);
        });
        const auto question = chat.ask(-1, answers.front()->question, {});
        chat.expect(question, answers.front()->reference);
        first = first < 0 ? question : first;
        std::vector<std::int64_t> ids;
        for (const auto* sample : answers) {
            ChatAnswer answer;
            answer.question = question;
            answer.context = contextOf(sample->cell.context);
            answer.text = sample->written;
            answer.ended = ReadEnd::Eos;
            answer.model = sample->cell.model;
            for (const auto& facts : study.models)
                if (facts.name == sample->cell.model) {
                    answer.model = facts.base;
                    answer.adapter = facts.adapter;
                    answer.adapterSha256 = facts.adapterSha256;
                }
            if (severalModels)
                answer.variant = sample->cell.model;
            answer.tokens = std::ssize(sample->writtenIds);
            answer.loss = sample->loss; // of the expected answer
            ids.push_back(chat.addAnswer(std::move(answer)));
        }
        if (ids.size() < 2)
            continue;
        const bool swapped = (draw.generate() & 1U) != 0;
        chat.vote({ids[swapped ? 1 : 0], ids[swapped ? 0 : 1], Preference::Pending, seed});
    }
    if (first >= 0)
        chat.turnTo(first);
    return chat;
}

} // namespace icae

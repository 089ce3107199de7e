#include "train/validation.h"

#include "study/continuation.h"
#include "train/corpus.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::int64_t mostContinuations = 32; // they take longer than a cell's windows

void evaluateCells(const Model& model, const TrainJob& job, const ValidationData& data,
                   const std::function<void(nlohmann::json)>& sample, const StudyPace& pace, ValidationResult& found)
{
    const auto cells = static_cast<double>(job.evaluate.size());
    found.autoencoding = 0;
    for (const auto& cell : job.evaluate) {
        const auto name = std::to_string(cell.tokens) + "/" + std::to_string(cell.slots);
        double right = 0;
        const auto add = [&](const EvaluatedWindow& window) {
            right += window.tokenAccuracy;
            if (window.index < job.samples)
                sample({{"tokens", window.tokens},
                        {"slots", window.slots},
                        {"bleu", window.bleu},
                        {"em", window.em},
                        {"loss", window.loss},
                        {"reference", window.reference},
                        {"hypothesis", window.hypothesis}});
        };
        const auto results =
            evaluate(model, data.texts, {{cell.tokens}, {cell.slots}, job.evaluationWindows}, add, {}, pace);
        const auto& result = results.front();
        found.values["loss " + name] = result.loss.mean;
        found.values["bleu " + name] = result.bleu.mean;
        found.values["em " + name] = result.em.mean;
        *found.autoencoding += result.loss.mean / cells;
        found.bleu += result.bleu.mean / cells;
        found.accuracy += right / static_cast<double>(result.loss.n) / cells;
    }
    found.watched = {"loss of autoencoding", *found.autoencoding};
}

void evaluateContinuation(const Model& model, const TrainJob& job, const ValidationData& data, const StudyPace& pace,
                          ValidationResult& found)
{
    ContinuationOptions options;
    options.spans = 1;
    options.samples = std::min(mostContinuations, job.evaluationWindows);
    const auto after = continuation(model, data.texts, options, {}, pace).after;
    found.nothing = after.nothing.loss.mean;
    found.values["continue after text"] = after.text.loss.mean;
    found.values["continue after nothing"] = *found.nothing;
    if (job.trainsAdapter())
        found.values["continue after slots"] = after.slots.loss.mean;
    else
        found.watched = {"loss of continuing", after.text.loss.mean};
}

void evaluateQuestions(const Model& model, const TrainJob& job, const ValidationData& data, const StudyPace& pace,
                       ValidationResult& found)
{
    const auto after = answerQuestions(model, data.questions, job.evaluationWindows, {}, pace).after;
    for (const auto& [name, scores] :
         {std::pair{"text", &after.text}, std::pair{"slots", &after.slots}, std::pair{"nothing", &after.nothing}}) {
        found.values["answer loss after " + std::string(name)] = scores->loss.mean;
        if (scores->exact)
            found.values["answer exact after " + std::string(name)] = scores->exact->mean;
    }
}

} // namespace

ValidationData ValidationData::read(const TrainJob& job)
{
    ValidationData data;
    for (const auto& file : job.validationTexts)
        for (auto& text : readCorpusTexts(file))
            data.texts.push_back(std::move(text));
    for (const auto& file : job.validationQuestions)
        for (auto& question : parseQuestions(readCorpusFile(file), file.string()))
            data.questions.push_back(std::move(question));
    return data;
}

std::shared_ptr<const Model> modelOf(const TrainNetwork& network, std::shared_ptr<const Tokenizer> tokenizer)
{
    auto weights = network.decoderWeights();
    Model::Parts parts{network.config(), weights, std::nullopt, std::move(tokenizer)};
    if (network.hasAdapter())
        parts.adapter = network.adapter(weights);
    return Model::of(std::move(parts));
}

ValidationResult validate(const Model& model, const TrainJob& job, const ValidationData& data,
                          const std::function<void(nlohmann::json)>& sample, const StudyPace& pace)
{
    ValidationResult found;
    if (job.trainsAdapter() && !data.texts.empty() && !job.evaluate.empty())
        evaluateCells(model, job, data, sample, pace, found);
    if (!data.texts.empty())
        evaluateContinuation(model, job, data, pace, found);
    if (!data.questions.empty())
        evaluateQuestions(model, job, data, pace, found);
    return found;
}

} // namespace icae

#include "train/validation.h"

#include "study/continuation.h"
#include "train/corpus.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::int64_t mostContinuations = 32; // they take longer than a cell's windows

/// Hands out work: true where the next piece is this rank's.
class Share {
public:
    Share(std::int64_t part, std::int64_t parts)
        : m_part(part)
        , m_parts(parts)
    {
    }

    bool takesNext() { return m_next++ % m_parts == m_part; }

private:
    std::int64_t m_part;
    std::int64_t m_parts;
    std::int64_t m_next = 0;
};

bool hasCells(const TrainJob& job, const ValidationData& data)
{
    return job.trainsAdapter() && !data.texts.empty() && !job.evaluate.empty();
}

void evaluateCells(const Model& model, const TrainJob& job, const ValidationData& data, const StudyPace& pace,
                   Share& share, ValidationResult& found)
{
    const auto cells = static_cast<double>(job.evaluate.size());
    found.autoencoding = 0;
    for (const auto& cell : job.evaluate) {
        if (!share.takesNext())
            continue;
        const auto name = std::to_string(cell.tokens) + "/" + std::to_string(cell.slots);
        double right = 0;
        const auto add = [&](const EvaluatedWindow& window) {
            right += window.tokenAccuracy;
            if (window.index < job.samples)
                found.samples.push_back({{"tokens", window.tokens},
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
}

void evaluateContinuation(const Model& model, const TrainJob& job, const ValidationData& data, const StudyPace& pace,
                          ValidationResult& found)
{
    ContinuationOptions options;
    options.spans = 1;
    options.samples = std::min(mostContinuations, job.evaluationWindows);
    const auto after = continuation(model, data.texts, options, {}, pace).after;
    found.nothing = after.nothing.loss.mean;
    found.continuing = after.text.loss.mean;
    found.values["continue after text"] = *found.continuing;
    found.values["continue after nothing"] = *found.nothing;
    if (job.trainsAdapter())
        found.values["continue after slots"] = after.slots.loss.mean;
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

std::vector<double> validationPieces(const TrainJob& job, const ValidationData& data)
{
    std::vector<double> sizes;
    if (hasCells(job, data))
        for (const auto& cell : job.evaluate)
            sizes.push_back(static_cast<double>(cell.tokens + cell.slots));
    if (!data.texts.empty())
        sizes.push_back(0);
    if (!data.questions.empty())
        sizes.push_back(0);
    return sizes;
}

ValidationResult validate(const Model& model, const TrainJob& job, const ValidationData& data, const StudyPace& pace,
                          std::int64_t part, std::int64_t parts)
{
    ValidationResult found;
    Share share(part, parts);
    if (hasCells(job, data))
        evaluateCells(model, job, data, pace, share, found);
    if (!data.texts.empty() && share.takesNext())
        evaluateContinuation(model, job, data, pace, found);
    if (!data.questions.empty() && share.takesNext())
        evaluateQuestions(model, job, data, pace, found);
    return found;
}

std::optional<std::pair<std::string, double>> ValidationResult::watched(const TrainJob& job) const
{
    if (!job.trainsAdapter() && continuing)
        return std::pair("loss of continuing", *continuing);
    if (autoencoding)
        return std::pair("loss of autoencoding", *autoencoding);
    return std::nullopt;
}

void ValidationResult::add(const ValidationResult& other)
{
    values.update(other.values);
    if (other.autoencoding)
        autoencoding = autoencoding.value_or(0) + *other.autoencoding;
    accuracy += other.accuracy;
    bleu += other.bleu;
    if (other.continuing)
        continuing = other.continuing;
    if (other.nothing)
        nothing = other.nothing;
    samples.insert(samples.end(), other.samples.begin(), other.samples.end());
}

std::string ValidationResult::toBytes() const
{
    nlohmann::json json{{"values", values}, {"accuracy", accuracy}, {"bleu", bleu}, {"samples", samples}};
    const auto set = [&](const char* name, const std::optional<double>& value) {
        if (value)
            json[name] = *value;
    };
    set("autoencoding", autoencoding);
    set("continuing", continuing);
    set("nothing", nothing);
    const auto bytes = nlohmann::json::to_cbor(json);
    return {bytes.begin(), bytes.end()};
}

ValidationResult ValidationResult::fromBytes(const std::string& bytes)
{
    const auto json = nlohmann::json::from_cbor(bytes.begin(), bytes.end());
    ValidationResult result;
    result.values = json.at("values");
    result.accuracy = json.at("accuracy").get<double>();
    result.bleu = json.at("bleu").get<double>();
    for (const auto& sample : json.at("samples"))
        result.samples.push_back(sample);
    const auto get = [&](const char* name, std::optional<double>& value) {
        if (json.contains(name))
            value = json[name].get<double>();
    };
    get("autoencoding", result.autoencoding);
    get("continuing", result.continuing);
    get("nothing", result.nothing);
    return result;
}

} // namespace icae

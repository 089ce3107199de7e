#include "train/job.h"

#include "input/reachable.h"
#include "protocol/field_error.h"
#include "protocol/json.h"
#include "text/text_file.h"
#include "train/rank_place.h"

#include <algorithm>
#include <array>
#include <utility>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t mostBatchTokens = std::int64_t{1} << 22U; // 32 of the published batches
constexpr std::int64_t many = std::int64_t{1} << 40U;
constexpr std::array stages{
    std::pair{Stage::Base, "base"},
    std::pair{Stage::Midtrain, "midtrain"},
    std::pair{Stage::Adapter, "adapter"},
    std::pair{Stage::Instruct, "instruct"},
};
constexpr std::array objectives{
    std::pair{Objective::Autoencode, "ae"},        std::pair{Objective::Continue, "lm"},
    std::pair{Objective::Instruct, "ft"},          std::pair{Objective::Plain, "plain"},
    std::pair{Objective::InstructText, "ft_text"},
};

[[noreturn]] void refuse(const JsonReader& json, std::string_view field, const std::string& why,
                         const std::string& remedy = "Correct the job file.")
{
    throw FieldError(ErrorKind::InvalidInput, json.fieldName(field),
                     "The field \"" + json.fieldName(field) + "\" of " + json.source() + " " + why + ".", remedy);
}

/// Paths in a job are relative to its folder; data files may also lie in a folder named at the start.
class Places {
public:
    Places(const JsonReader& json, fs::path folder, fs::path data)
        : m_json(json)
        , m_folder(std::move(folder))
        , m_data(std::move(data))
        , m_began(json.text("run", {}))
    {
    }

    fs::path existing(const JsonReader& json, std::string_view field, const fs::path& path) const
    {
        if (isCutShort(path.native()))
            throw FieldError(ErrorKind::InvalidInput, json.fieldName(field),
                             "The field \"" + json.fieldName(field) + "\" of " + json.source() + " holds a zero byte.",
                             "Correct the path.");
        if (auto found = find(path); !found.empty())
            return found;
        throw FieldError(
            ErrorKind::NotFound, json.fieldName(field),
            "The field \"" + json.fieldName(field) + "\" of " + json.source() + " names "
                + (m_folder / path).lexically_normal().string() + ", which does not exist.",
            m_began.empty() ? "Correct the path; relative ones start from the job's folder (in the window: the runs "
                              "folder), data files also from the one that --data names."
                            : "Put it there, or name the folder where the run's files are now: \"Resume with…\" in the "
                              "window, icae train --resume RUN --data FOLDER in a terminal.");
    }

    fs::path existing(std::string_view field) const
    {
        return m_json.has(field) ? existing(m_json, field, m_json.text(field)) : fs::path();
    }

    /// A base's or adapter's folder, also where a run or a folder with both is named.
    fs::path model(std::string_view field, const char* part) const
    {
        auto folder = existing(field);
        std::error_code ignored;
        for (const auto& inside : {folder / "model" / part, folder / part})
            if (!folder.empty() && fs::is_directory(inside, ignored))
                return inside;
        return folder;
    }

    std::vector<fs::path> all(const JsonReader& json, std::string_view field) const
    {
        std::vector<fs::path> paths;
        for (const auto& path : json.texts(field))
            paths.push_back(existing(json, field, path));
        return paths;
    }

private:
    fs::path find(const fs::path& path) const
    {
        std::error_code ignored;
        std::vector<fs::path> candidates{m_folder / path, m_data / path};
        // What was moved together with its run lies where it lay beside it, else where it was, or in the folder that
        // was named.
        if (!m_began.empty())
            candidates.push_back(path.is_absolute() ? m_folder / path.lexically_relative(m_began) : m_began / path);
        if (!m_began.empty() && m_data != m_folder)
            for (auto part = path.begin(); part != path.end(); ++part) {
                auto rest = m_data;
                for (auto next = std::next(part); next != path.end(); ++next)
                    rest /= *next;
                candidates.push_back(rest);
            }
        for (const auto& candidate : candidates)
            if (auto normal = candidate.lexically_normal();
                fs::exists(normal, ignored) && !fs::equivalent(normal, m_data, ignored))
                return normal;
        return {};
    }

    const JsonReader& m_json;
    fs::path m_folder;
    fs::path m_data;
    fs::path m_began; ///< where a run's folder was when it began; empty for a job
};

std::vector<LengthAndSlots> readCells(const JsonReader& json, std::string_view field, const AdapterConfig& adapter)
{
    std::vector<LengthAndSlots> cells;
    if (!json.has(field))
        return cells;
    const auto& list = json.json().at(std::string(field));
    const auto isCell = [](const nlohmann::json& cell) {
        return cell.is_array() && cell.size() == 2 && cell[0].is_number_integer() && cell[1].is_number_integer();
    };
    if (!list.is_array() || !std::all_of(list.begin(), list.end(), isCell))
        refuse(json, field, "must be a list of [tokens, slots]");
    for (const auto& cell : list) {
        const LengthAndSlots shape{cell[0].get<std::int64_t>(), cell[1].get<std::int64_t>()};
        const auto name = "[" + std::to_string(shape.tokens) + ", " + std::to_string(shape.slots) + "]";
        if (shape.tokens < 1 || shape.tokens > adapter.spanTokens)
            refuse(json, field,
                   "has " + name + ", but a span has at most " + std::to_string(adapter.spanTokens) + " tokens");
        if (shape.slots < 1 || shape.slots > adapter.slots)
            refuse(json, field, "has " + name + ", but the adapter has " + std::to_string(adapter.slots) + " slots");
        if (shape.slots > shape.tokens)
            refuse(json, field, "has " + name + ": more slots than tokens compress nothing");
        cells.push_back(shape);
    }
    return cells;
}

void readMixture(const JsonReader& json, TrainJob& job)
{
    const auto allowed = [&](Objective objective) {
        const bool withoutSlots = objective == Objective::Plain || objective == Objective::InstructText;
        return job.stage == Stage::Midtrain || (job.stage == Stage::Base) == withoutSlots;
    };
    const auto mixture = json.object("mixture");
    for (const auto& [name, value] : mixture.json().items()) {
        const auto known = std::find_if(objectives.begin(), objectives.end(),
                                        [&name = name](const auto& objective) { return objective.second == name; });
        if (known == objectives.end())
            refuse(mixture, name, "is no objective", "Known are ae, lm, ft, plain and ft_text.");
        if (!allowed(known->first))
            refuse(mixture, name, "cannot be trained in the stage \"" + std::string(stageName(job.stage)) + "\"");
        if (const double weight = mixture.number(name, 0, 1e9); weight > 0)
            job.mixture.push_back({known->first, weight});
    }
    if (job.mixture.empty())
        refuse(json, "mixture", "names no objective with a weight above 0");
    const bool asks = job.weightOf(Objective::Instruct) + job.weightOf(Objective::InstructText) > 0;
    if (asks && job.questions.empty())
        refuse(json, "data.questions", "is empty, and the mixture asks questions");
    const bool reads =
        job.weightOf(Objective::Autoencode) + job.weightOf(Objective::Continue) + job.weightOf(Objective::Plain) > 0;
    if (reads && job.texts.empty())
        refuse(json, "data.texts", "is empty, and the mixture reads texts");
}

void readAdapter(const JsonReader& json, TrainJob& job)
{
    const auto adapter = json.object("adapter");
    adapter.requireKnown({"lora", "slots", "elastic_slots", "span_tokens", "position_layout", "ae_reads", "slot_scale",
                          "context_bos", "special_tokens", "prompt"});
    if (adapter.has("lora")) {
        const auto lora = adapter.object("lora");
        lora.requireKnown({"r", "alpha", "targets", "dropout"});
        job.loraDropout = lora.number("dropout", 0, 0.999, 0);
    }
    if (adapter.has("prompt"))
        adapter.object("prompt").requireKnown({"left_bos", "left", "right_before", "right_after"});
    try {
        job.adapter = parseAdapterConfig(adapter.json().dump(), json.source() + ", adapter");
    } catch (const FieldError& error) {
        throw FieldError(error.kind(), adapter.fieldName(error.field()), error.message(), error.remedy(),
                         error.details());
    }
    if (job.adapter.slots > job.adapter.spanTokens)
        refuse(adapter, "slots",
               "is " + std::to_string(job.adapter.slots) + ", more than a span of "
                   + std::to_string(job.adapter.spanTokens) + " tokens has");
}

/// Slots that are trained must be counts that the adapter is to work with.
void requireChoice(const JsonReader& json, std::string_view field, std::int64_t slots, const AdapterConfig& adapter)
{
    const auto choices = adapter.slotChoices();
    if (std::find(choices.begin(), choices.end(), slots) == choices.end())
        refuse(json, field, "has " + std::to_string(slots) + " slots, which is not among the adapter's slot counts",
               "List it in adapter.elastic_slots, or train another count.");
}

/// What is read in one piece must fit into a batch.
void requireRoom(const JsonReader& json, std::int64_t batchTokens, Objective objective, std::int64_t tokens)
{
    if (batchTokens < tokens)
        refuse(json, "batch_tokens",
               "is " + std::to_string(batchTokens) + ", but one sample of \"" + std::string(objectiveName(objective))
                   + "\" has " + std::to_string(tokens) + " tokens",
               "Raise it, or shorten the samples (ae.cells, lm.spans, plain.tokens).");
}

/// What an adapter is trained with, and the token that says so to the decoder.
constexpr std::array slotObjectives{std::pair{Objective::Autoencode, "AE"}, std::pair{Objective::Continue, "LM"},
                                    std::pair{Objective::Instruct, "FT"}};

void noteTrained(TrainJob& job)
{
    for (const auto& [objective, token] : slotObjectives)
        if (job.weightOf(objective) > 0)
            job.adapter.trained.emplace_back(objectiveName(objective));
}

void requireTokens(const JsonReader& json, const TrainJob& job)
{
    const auto& known = job.adapter.specialTokens;
    for (const auto& [objective, token] : slotObjectives)
        if ((job.weightOf(objective) > 0 || (objective == Objective::Instruct && !job.validationQuestions.empty()))
            && std::find(known.begin(), known.end(), token) == known.end())
            refuse(json, "adapter.special_tokens",
                   "lacks \"" + std::string(token) + "\", which the objective \""
                       + std::string(objectiveName(objective)) + "\" needs");
}

void readObjectives(const JsonReader& json, TrainJob& job)
{
    if (json.has("ae")) {
        const auto ae = json.object("ae");
        ae.requireKnown({"cells", "shorten"});
        job.autoencode = readCells(ae, "cells", job.adapter);
        for (const auto& cell : job.autoencode)
            requireChoice(ae, "cells", cell.slots, job.adapter);
        job.shorten = ae.number("shorten", 0, 1, job.shorten);
    }
    if (job.weightOf(Objective::Autoencode) > 0 && job.autoencode.empty())
        refuse(json, "ae.cells", "is missing, and the mixture autoencodes");
    job.continueSlots = job.adapter.slotChoices();
    if (json.has("lm")) {
        const auto lm = json.object("lm");
        lm.requireKnown({"spans", "slots", "tokens"});
        if (const auto spans = lm.integers("spans", 1, 4096); !spans.empty()) {
            if (spans.size() != 2 || spans[0] > spans[1])
                refuse(lm, "spans", "must be [least, most]");
            job.leastSpans = spans[0];
            job.mostSpans = spans[1];
        }
        if (lm.has("slots"))
            job.continueSlots = lm.integers("slots", 1, job.adapter.slots);
        if (job.continueSlots.empty())
            refuse(lm, "slots", "names no count");
        for (const auto slots : job.continueSlots)
            requireChoice(lm, "slots", slots, job.adapter);
        job.continueTokens = lm.integer("tokens", 16, 1 << 20, job.continueTokens);
    }
    if (json.has("plain")) {
        const auto plain = json.object("plain");
        plain.requireKnown({"tokens", "copies"});
        job.plainTokens = plain.integer("tokens", 16, 1 << 20, job.plainTokens);
        job.copies = plain.number("copies", 0, 1, job.copies);
    }
    if (json.has("questions")) {
        const auto questions = json.object("questions");
        questions.requireKnown({"turns", "predict", "dropout"});
        job.questionTurns = questions.integer("turns", 1, 64, job.questionTurns);
        job.questionsPredicted = questions.number("predict", 0, 1, job.questionsPredicted);
        job.questionDropout = questions.number("dropout", 0, 0.9, job.questionDropout);
    }
}

OptimizerSettings readOptimizer(const JsonReader& json)
{
    OptimizerSettings settings;
    if (!json.has("optimizer"))
        return settings;
    const auto o = json.object("optimizer");
    o.requireKnown({"kind", "learning_rate", "beta1", "beta2", "epsilon", "momentum", "weight_decay", "warmup",
                    "schedule", "final", "clip"});
    const auto kind = o.text("kind", "adamw");
    if (kind == "muon")
        settings.kind = OptimizerSettings::Kind::Muon;
    else if (kind != "adamw")
        refuse(o, "kind", R"(must be "adamw" or "muon")");
    settings.learningRate = o.number("learning_rate", 1e-12, 10, settings.learningRate);
    settings.beta1 = o.number("beta1", 0, 0.99999, settings.beta1);
    settings.beta2 = o.number("beta2", 0, 0.9999999, settings.beta2);
    settings.epsilon = o.number("epsilon", 1e-30, 1, settings.epsilon);
    settings.momentum = o.number("momentum", 0, 0.9999, settings.momentum);
    settings.weightDecay = o.number("weight_decay", 0, 10, settings.weightDecay);
    settings.warmup = o.integer("warmup", 0, many, settings.warmup);
    settings.finalShare = o.number("final", 0, 1, settings.finalShare);
    settings.clip = o.number("clip", 0, 1e9, settings.clip);
    const auto schedule = o.text("schedule", "linear");
    if (schedule == "cosine")
        settings.schedule = OptimizerSettings::Schedule::Cosine;
    else if (schedule == "constant")
        settings.schedule = OptimizerSettings::Schedule::Constant;
    else if (schedule != "linear")
        refuse(o, "schedule", R"(must be "linear", "cosine" or "constant")");
    return settings;
}

void readLimits(const JsonReader& json, TrainJob& job)
{
    if (json.has("stop")) {
        const auto stop = json.object("stop");
        stop.requireKnown({"steps", "minutes"});
        if (stop.has("steps"))
            job.steps = stop.integer("steps", 1, many);
        if (stop.has("minutes"))
            job.minutes = stop.number("minutes", 1e-6, 1e7);
    }
    if (job.steps.has_value() == job.minutes.has_value())
        refuse(json, "stop", R"(must say either "steps" or "minutes")");
    if (!json.has("every"))
        return;
    const auto every = json.object("every");
    every.requireKnown({"log", "evaluate", "checkpoint", "checkpoint_minutes", "keep", "keep_models"});
    job.logEvery = every.integer("log", 1, many, job.logEvery);
    job.evaluateEvery = every.integer("evaluate", 0, many, job.evaluateEvery);
    job.checkpointEvery = every.integer("checkpoint", 1, many, job.checkpointEvery);
    job.checkpointMinutes = every.number("checkpoint_minutes", 0, 1e6, job.checkpointMinutes);
    job.keepCheckpoints = every.integer("keep", 1, many, job.keepCheckpoints);
    job.keepModels = every.boolean("keep_models", job.keepModels);
}

void readSources(const JsonReader& json, const Places& places, TrainJob& job)
{
    if (job.stage == Stage::Base) {
        job.newBase = json.object("new_base").json().dump(1);
        parseLlmConfig(job.newBase, json.source() + ", new_base");
        job.tokenizer = places.existing(json, "tokenizer", json.text("tokenizer"));
        if (json.has("base"))
            refuse(json, "base", "cannot stand beside the stage \"base\", which trains one from scratch",
                   "Name weights to start from in init_from.");
        for (const auto* field : {"adapter", "ae", "lm"})
            if (json.has(field))
                refuse(json, field, "cannot stand beside the stage \"base\", which trains no adapter");
        if (json.has("data") && json.object("data").has("validation_questions"))
            refuse(json, "data.validation_questions", "needs an adapter, and the stage \"base\" trains none");
    } else {
        json.text("base");
        job.base = places.model("base", "base");
        for (const auto* field : {"new_base", "tokenizer"})
            if (json.has(field))
                refuse(json, field, "belongs to the stage \"base\" alone", "Leave it out; the base has its own.");
        readAdapter(json, job);
    }
    const auto data = json.object("data");
    data.requireKnown({"texts", "questions", "validation_texts", "validation_questions"});
    job.texts = places.all(data, "texts");
    job.questions = places.all(data, "questions");
    job.validationTexts = places.all(data, "validation_texts");
    job.validationQuestions = places.all(data, "validation_questions");
}

} // namespace

std::string_view stageName(Stage stage)
{
    return std::find_if(stages.begin(), stages.end(), [&](const auto& entry) { return entry.first == stage; })->second;
}

std::string_view objectiveName(Objective objective)
{
    return std::find_if(objectives.begin(), objectives.end(),
                        [&](const auto& entry) { return entry.first == objective; })
        ->second;
}

std::string_view optimizerName(OptimizerSettings::Kind kind)
{
    return kind == OptimizerSettings::Kind::Muon ? "muon" : "adamw";
}

Stage parseStage(std::string_view name)
{
    for (const auto& [stage, known] : stages)
        if (name == known)
            return stage;
    throw Error(ErrorKind::InvalidInput, "There is no training stage \"" + std::string(name) + "\".",
                "Known are base, midtrain, adapter and instruct.");
}

double TrainJob::weightOf(Objective objective) const
{
    double weight = 0;
    for (const auto& entry : mixture)
        if (entry.objective == objective)
            weight += entry.weight;
    return weight;
}

TrainJob parseTrainJob(std::string_view text, const std::string& source, const fs::path& folder, const fs::path& data,
                       bool begun)
{
    const auto json = JsonReader::parse(text, source, true);
    json.requireKnown({"stage",
                       "base",
                       "new_base",
                       "tokenizer",
                       "init_from",
                       "adapter",
                       "data",
                       "mixture",
                       "ae",
                       "lm",
                       "plain",
                       "questions",
                       "batch_tokens",
                       "accumulate",
                       "optimizer",
                       "stop",
                       "every",
                       "precision",
                       "checkpoint_activations",
                       "seed",
                       "evaluate",
                       "run",
                       "device",
                       "ranks"});
    TrainJob job;
    job.source = source;
    const auto stage = json.text("stage");
    if (std::none_of(stages.begin(), stages.end(), [&](const auto& known) { return known.second == stage; }))
        refuse(json, "stage", "is \"" + stage + "\"", "Known are base, midtrain, adapter and instruct.");
    job.stage = parseStage(stage);
    const Places places(json, folder, data);
    readSources(json, places, job);
    if (!begun)
        job.initFrom = places.model("init_from", job.trainsAdapter() ? "adapter" : "base");
    readMixture(json, job);
    if (job.trainsAdapter()) {
        noteTrained(job);
        requireTokens(json, job);
    }
    readObjectives(json, job);
    job.batchTokens = json.integer("batch_tokens", 1, mostBatchTokens, job.batchTokens);
    for (const auto& cell : job.autoencode)
        if (job.weightOf(Objective::Autoencode) > 0)
            requireRoom(json, job.batchTokens, Objective::Autoencode, cell.tokens);
    if (job.weightOf(Objective::Continue) > 0)
        requireRoom(json, job.batchTokens, Objective::Continue, job.mostSpans * job.adapter.spanTokens);
    if (job.weightOf(Objective::Plain) > 0)
        requireRoom(json, job.batchTokens, Objective::Plain, job.plainTokens);
    job.accumulate = json.integer("accumulate", 1, 1 << 20, job.accumulate);
    job.optimizer = readOptimizer(json);
    if (job.optimizer.kind == OptimizerSettings::Kind::Muon && !job.trainsBase())
        refuse(json, "optimizer.kind", "is \"muon\", which is for a base's matrices, and this stage trains none",
               "Use \"adamw\".");
    readLimits(json, job);
    job.precision = json.text("precision", job.precision);
    if (job.precision != "auto" && job.precision != "fp32" && job.precision != "bf16")
        refuse(json, "precision", R"(must be "auto", "fp32" or "bf16")");
    job.device = json.text("device", job.device);
    job.ranks = json.integer("ranks", 1, mostRanks, job.ranks);
    job.checkpointActivations = json.boolean("checkpoint_activations", false);
    if (job.checkpointActivations && job.loraDropout > 0)
        refuse(json, "checkpoint_activations", "cannot be combined with dropout",
               "Set adapter.lora.dropout to 0, or keep the activations.");
    job.seed = static_cast<std::uint64_t>(json.integer("seed", 0, INT64_MAX, 0));
    if (json.has("evaluate")) {
        const auto evaluate = json.object("evaluate");
        evaluate.requireKnown({"cells", "windows", "samples"});
        job.evaluate = readCells(evaluate, "cells", job.adapter);
        if (!job.evaluate.empty() && job.validationTexts.empty())
            refuse(json, "data.validation_texts", "is empty, and evaluate.cells are measured on them");
        job.evaluationWindows = evaluate.integer("windows", 1, 1 << 20, job.evaluationWindows);
        job.samples = evaluate.integer("samples", 0, 1 << 10, job.samples);
    }
    return job;
}

} // namespace icae

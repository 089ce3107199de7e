#include "train/job_check.h"

#include "icae/layout.h"
#include "icae/model.h"
#include "llm/vocabulary.h"
#include "llm/weights.h"
#include "protocol/field_error.h"
#include "protocol/json_text.h"
#include "study/continuation.h"
#include "tensor/device.h"
#include "text/tokenizer.h"
#include "text/tokenizer_folder.h"
#include "train/corpus.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

namespace icae {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const TrainJob& job, const std::string& field, const std::string& why,
                         const std::string& remedy = "Correct the job file.")
{
    throw FieldError(ErrorKind::InvalidInput, field, "The field \"" + field + "\" of " + job.source + " " + why + ".",
                     remedy);
}

/// What fails inside is the fault of a field.
template <typename Function> void inField(const TrainJob& job, const std::string& field, Function&& look)
{
    try {
        look();
    } catch (const Error& error) {
        throw FieldError(error.kind(), field,
                         "The field \"" + field + "\" of " + job.source + " cannot be used: " + error.message(),
                         error.remedy(), error.details());
    }
}

void checkBase(const TrainJob& job)
{
    if (job.stage != Stage::Base)
        inField(job, "base", [&] { checkWeights(baseConfigOf(job), *TensorStore::open(job.base)); });
    inField(job, job.stage == Stage::Base ? "tokenizer" : "base", [&] { tokenizerFileOf(job); });
}

void checkTokenizer(const TrainJob& job)
{
    const auto* field = job.stage == Stage::Base ? "tokenizer" : "base";
    inField(job, field, [&] {
        auto config = baseConfigOf(job);
        adoptTokenizer(config, *Tokenizer::load(tokenizerFileOf(job)));
    });
}

/// What is remembered of the base does not decide.
std::string whyAnotherBase(const TrainJob& job, const BaseHashes& named, const HashOptions& hashing)
{
    const BaseIdentity base(job.base, hashBase(job.base, hashing), hashing);
    return base.whyNot(named).empty() ? std::string() : trainedOnAnother(base.readAnew(hashing.stop).whyNot(named));
}

/// Why the job cannot go on from an adapter's numbers as they are; empty where it can.
std::string whyNoStart(const AdapterFile& file, const LlmConfig& config, const AdapterConfig& ours)
{
    const auto& its = file.config;
    const auto lacks = [](const std::vector<std::string>& targets, const std::string& target) {
        return std::find(targets.begin(), targets.end(), target) == targets.end();
    };
    const auto differs = [](const std::string& what, std::int64_t own, std::int64_t wanted) {
        return "its " + what + " is " + std::to_string(own) + ", the job's " + std::to_string(wanted);
    };
    if (its.slots != ours.slots)
        return differs("slot count", its.slots, ours.slots);
    if (its.specialTokens != ours.specialTokens)
        return "its special tokens are " + jsonText(its.specialTokens) + ", the job's " + jsonText(ours.specialTokens);
    if (its.slotScale != ours.slotScale)
        return its.slotScale ? "it has a slot scale, and the job none" : "it has no slot scale, as the job";
    for (const auto& target : ours.targets) {
        if (lacks(its.targets, target))
            return "it has no LoRA on " + target;
        for (std::int64_t layer = 0; layer < config.layers; ++layer) {
            const auto where = " for " + target + " of layer " + std::to_string(layer);
            const auto pair = file.pair(layer, target);
            if (!pair)
                return "it has no LoRA" + where;
            const auto rank = pair->a->shape[0];
            if (rank != ours.rank)
                return differs("LoRA rank" + where, rank, ours.rank);
            const auto scale = file.loraScale(layer, target, rank);
            const auto wanted = ours.alpha / static_cast<double>(ours.rank);
            if (std::abs(scale - wanted) > 1e-6 * wanted)
                return "its LoRA scale (alpha / r)" + where + " is " + jsonText(scale) + ", the job's "
                    + jsonText(wanted);
        }
    }
    for (const auto& target : its.targets)
        if (lacks(ours.targets, target))
            return "it has LoRA on " + target + ", and the job none";
    return {};
}

/// @param hashing how the base's hashes are compared, which may take a while; absent: not at all
void checkStart(const TrainJob& job, const std::optional<HashOptions>& hashing)
{
    if (job.initFrom.empty())
        return;
    const auto config = baseConfigOf(job);
    if (job.stage == Stage::Base) {
        inField(job, "init_from", [&] { checkWeights(config, *TensorStore::open(job.initFrom)); });
        return;
    }
    inField(job, "init_from", [&] {
        const auto file = AdapterFile::open(job.initFrom);
        auto why = whyAdapterDoesNotFit(file, config);
        if (hashing && why.empty() && !job.trainsBase() && !file.config.base.weights.empty())
            why = whyAnotherBase(job, file.config.base, *hashing);
        if (why.empty())
            why = whyNoStart(file, config, job.adapter);
        if (!why.empty())
            throw Error(
                ErrorKind::Mismatch, "The adapter " + job.initFrom.string() + " does not fit: " + why + ".",
                "Start from an adapter of this base, with the job's rank, alpha, targets, slots and slot scale.");
    });
}

/// The greatest position that a sample reaches must be one of the base's.
class PositionCheck {
public:
    explicit PositionCheck(const TrainJob& job)
        : m_job(job)
        , m_positions(baseConfigOf(job).maxPositions)
    {
    }

    void run() const
    {
        if (m_job.weightOf(Objective::Plain) > 0)
            require("plain.tokens", m_job.plainTokens - 1);
        if (m_job.weightOf(Objective::Autoencode) > 0)
            for (const auto& cell : m_job.autoencode)
                overSlots("ae.cells", Task::Autoencode, 1, {cell.tokens, cell.slots}, cell.tokens);
        for (const auto& cell : m_job.evaluate)
            overSlots("evaluate.cells", Task::Autoencode, 1, {cell.tokens, cell.slots}, cell.tokens);
        if (m_job.weightOf(Objective::Continue) > 0)
            for (const auto slots : m_job.continueSlots)
                overSlots("lm.spans", Task::Continue, m_job.mostSpans, {m_job.adapter.spanTokens, slots},
                          m_job.continueTokens - 1);
    }

private:
    void overSlots(const char* field, Task task, std::int64_t spans, SpanShape shape, std::int64_t text) const
    {
        const std::vector shapes(static_cast<std::size_t>(spans), shape);
        const auto encoder = encoderPositions(m_job.adapter.layout, shape);
        const auto decoder = decoderPositions(m_job.adapter.layout, task, shapes, 0);
        const auto last = std::max({encoder.back(), *std::max_element(decoder.prompt.begin(), decoder.prompt.end()),
                                    decoder.next + static_cast<float>(text - 1)});
        require(field, static_cast<std::int64_t>(last));
    }

    void require(const char* field, std::int64_t last) const
    {
        if (last >= m_positions)
            refuse(m_job, field,
                   "reaches position " + std::to_string(last) + ", but the base has " + std::to_string(m_positions)
                       + " positions",
                   "Use shorter or fewer spans, or a base with more positions.");
    }

    const TrainJob& m_job;
    std::int64_t m_positions;
};

/// What a batch keeps of every token until its gradients are there, at least, must fit into the device's memory.
void checkRoom(const TrainJob& job, const at::Device& device)
{
    constexpr std::int64_t mostSequences = 256; // as batches have
    const auto config = baseConfigOf(job);
    std::int64_t longest = 1;
    if (job.weightOf(Objective::Plain) > 0)
        longest = std::max(longest, job.plainTokens);
    for (const auto& cell : job.autoencode)
        longest = std::max(longest, cell.tokens);
    if (job.weightOf(Objective::Continue) > 0)
        longest = std::max(longest, job.mostSpans * job.adapter.spanTokens);
    const auto whole = std::min(job.batchTokens, mostSequences * longest);
    const auto tokens = std::max(std::min(whole, longest), whole / job.ranks); // of a rank, at least an example
    const auto numbers = config.layers
        * (job.checkpointActivations ? config.hiddenSize : 6 * config.hiddenSize + 3 * config.intermediateSize);
    const auto bytes =
        tokens * numbers * static_cast<std::int64_t>(c10::elementSize(chooseDtype(job.precision, device)));
    const auto total = deviceMemory(device).total;
    if (total > 0 && bytes > total)
        refuse(job, "batch_tokens",
               "asks for batches of " + std::to_string(tokens) + " tokens, which take at least "
                   + std::to_string(bytes >> 30U) + " GiB, and " + describeDevice(device) + " has "
                   + std::to_string(total >> 30U) + " GiB",
               "Lower it, and raise accumulate instead.");
}

void checkFiles(const TrainJob& job, const char* field, const std::vector<fs::path>& files, bool questions)
{
    for (const auto& file : files) {
        std::error_code ignored;
        if (fs::is_directory(file, ignored))
            refuse(job, field, "names " + file.string() + ", which is a folder", "Name the files in it.");
        if (!(questions ? isQuestionFile(file) : isTextFile(file)))
            refuse(job, field, "names " + file.string() + ", whose kind is not known",
                   questions ? "Use .jsonl, also as .xz." : "Use .txt, .md or .jsonl, each also as .xz.");
    }
}

/// Every cell needs a window, and a continuation a span and what follows.
void checkValidation(const TrainJob& job)
{
    if (job.validationTexts.empty())
        return;
    const auto tokenizer = Tokenizer::load(tokenizerFileOf(job));
    std::int64_t total = 0;
    std::int64_t longest = 0;
    inField(job, "data.validation_texts", [&] {
        for (const auto& file : job.validationTexts)
            for (const auto& text : readCorpusTexts(file)) {
                const auto count = std::ssize(tokenizer->encodeIds(text)) + (job.adapter.contextBos ? 1 : 0);
                longest = std::max(longest, count);
                total += count + 1; // BOS
            }
    });
    for (const auto& cell : job.evaluate)
        if (cell.tokens > longest)
            refuse(job, "data.validation_texts",
                   "has texts of at most " + std::to_string(longest) + " tokens, and evaluate.cells needs "
                       + std::to_string(cell.tokens),
                   "Add longer texts, or evaluate shorter cells.");
    constexpr std::int64_t plainSpan = 512; // as continuation() reads without an adapter
    const auto needed = (job.trainsAdapter() ? job.adapter.spanTokens : plainSpan) + ContinuationOptions().tokens;
    if (total < needed)
        refuse(job, "data.validation_texts",
               "has " + std::to_string(total) + " tokens, and evaluating a continuation needs "
                   + std::to_string(needed),
               "Add texts, or leave them all out.");
    if (const auto most = baseConfigOf(job).maxPositions; needed > most)
        refuse(job, "data.validation_texts",
               "cannot be continued: a span and what follows are " + std::to_string(needed)
                   + " tokens, and the base has " + std::to_string(most) + " positions",
               "Use shorter spans, a base with more positions, or no validation texts.");
}

} // namespace

LlmConfig baseConfigOf(const TrainJob& job)
{
    return job.stage == Stage::Base ? parseLlmConfig(job.newBase, job.source + ", new_base") : readLlmConfig(job.base);
}

fs::path tokenizerFileOf(const TrainJob& job)
{
    return job.stage == Stage::Base ? job.tokenizer : tokenizerFileIn(job.base);
}

namespace {

using Check = std::function<void()>;

/// What can be looked at without reading all of a file.
std::vector<Check> quickChecks(const TrainJob& job, const std::string& device,
                               const std::optional<HashOptions>& hashing)
{
    return {
        [&job, &device] { inField(job, "device", [&] { chooseDevice(device); }); },
        [&job, &device] {
            const auto choice = chooseDevice(device);
            inField(job, "precision", [&] { chooseDtype(job.precision, choice.device); });
        },
        [&job] { checkBase(job); },
        [&job, hashing] { checkStart(job, hashing); },
        [&job] { PositionCheck(job).run(); },
        [&job, &device] { checkRoom(job, chooseDevice(device).device); },
        [&job] { checkFiles(job, "data.texts", job.texts, false); },
        [&job] { checkFiles(job, "data.validation_texts", job.validationTexts, false); },
        [&job] { checkFiles(job, "data.questions", job.questions, true); },
        [&job] { checkFiles(job, "data.validation_questions", job.validationQuestions, true); },
    };
}

} // namespace

void checkTrainJob(const TrainJob& job, const std::string& device, const HashOptions& hashing)
{
    for (const auto& check : quickChecks(job, device, hashing))
        check();
    checkTokenizer(job);
    checkValidation(job);
}

std::vector<SpecProblem> quickProblemsOf(const TrainJob& job, const std::string& device)
{
    std::vector<SpecProblem> problems;
    for (const auto& check : quickChecks(job, device, std::nullopt)) {
        try {
            check();
        } catch (const FieldError& error) {
            if (std::none_of(problems.begin(), problems.end(),
                             [&](const auto& known) { return known.field == error.field(); }))
                problems.push_back({error.field(), error.message(), error.remedy()});
        } catch (const Error& error) { // follows from one before, or is of the whole
            if (problems.empty())
                problems.push_back({{}, error.message(), error.remedy()});
        }
    }
    return problems;
}

} // namespace icae

#pragma once

#include "icae/adapter_config.h"
#include "llm/config.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// What a job trains.
enum class Stage {
    Base, ///< a base from scratch, on plain text
    Midtrain, ///< base and adapter together: teaches a small base to read slots
    Adapter, ///< an adapter on a frozen base, as the paper pretrains
    Instruct, ///< an adapter on a frozen base, with questions, as the paper fine-tunes
};

/// What one batch asks of the model.
enum class Objective {
    Autoencode, ///< slots → the text
    Continue, ///< slots → what follows
    Instruct, ///< slots and a question → its answer
    Plain, ///< text → the next token, without slots
    InstructText, ///< the whole text and a question → its answer, without slots
};

std::string_view stageName(Stage stage); ///< "base", "midtrain", "adapter" or "instruct"
std::string_view objectiveName(Objective objective); ///< "ae", "lm", "ft", "plain" or "ft_text"

/// A length and a slot count that autoencoding trains or that an evaluation measures.
struct LengthAndSlots {
    std::int64_t tokens = 0;
    std::int64_t slots = 0;

    bool operator==(const LengthAndSlots&) const = default;
};

struct WeightedObjective {
    Objective objective = Objective::Autoencode;
    double weight = 0;
};

/// How parameters follow their gradients, and the schedule of the rate.
struct OptimizerSettings {
    enum class Kind {
        AdamW, ///< Loshchilov & Hutter 2019
        Muon, ///< the base's matrices by orthogonalised momentum (Jordan et al. 2024), all else by AdamW
    };
    enum class Schedule { Linear, Cosine, Constant };

    Kind kind = Kind::AdamW;
    double learningRate = 1e-4;
    double beta1 = 0.9;
    double beta2 = 0.95;
    double epsilon = 1e-8;
    double momentum = 0.95; ///< of Muon
    double weightDecay = 0; ///< on matrices; vectors have none
    std::int64_t warmup = 200; ///< steps
    Schedule schedule = Schedule::Linear;
    double finalShare = 0.02; ///< of the learning rate, at the end of the schedule
    double clip = 1; ///< greatest norm of all gradients together; 0: no limit
};

std::string_view optimizerName(OptimizerSettings::Kind kind); ///< "adamw" or "muon"

/// Everything a training job is told.
struct TrainJob {
    std::string source; ///< name for messages
    Stage stage = Stage::Adapter;
    std::filesystem::path base; ///< folder; empty for a base from scratch
    std::string newBase; ///< HF config.json of a base from scratch; empty otherwise
    std::filesystem::path tokenizer; ///< tokenizer.model of a base from scratch
    std::filesystem::path initFrom; ///< weights to start from: a base's in the stage Base, else an adapter's; or empty
    AdapterConfig adapter; ///< of stages other than Base
    double loraDropout = 0;

    std::vector<std::filesystem::path> texts;
    std::vector<std::filesystem::path> questions;
    std::vector<std::filesystem::path> validationTexts;
    std::vector<std::filesystem::path> validationQuestions;

    std::vector<WeightedObjective> mixture;
    std::vector<LengthAndSlots> autoencode; ///< cells, equally likely
    double shorten = 0.5; ///< share of autoencoding batches whose spans are up to a quarter shorter
    std::int64_t leastSpans = 1; ///< of a sample of the continuation objective
    std::int64_t mostSpans = 6;
    std::vector<std::int64_t> continueSlots; ///< slots a span of that objective, equally likely
    std::int64_t continueTokens = 256; ///< tokens to continue
    std::int64_t plainTokens = 1024; ///< length of plain samples
    double copies = 0; ///< share of plain samples whose second half repeats the first
    std::int64_t questionTurns = 1; ///< most questions about one text that a sample asks, one after the other
    double questionsPredicted = 0; ///< share of samples in which questions are predicted as their answers are
    double questionDropout = 0; ///< in the decoder, where it is asked

    std::int64_t batchTokens = 32768; ///< context tokens a batch, about; at least one sample
    std::int64_t accumulate = 1; ///< batches a step
    OptimizerSettings optimizer;
    std::optional<std::int64_t> steps; ///< stop after so many …
    std::optional<double> minutes; ///< … or after so long
    std::string device = "auto"; ///< as chooseDevice() takes it
    std::int64_t ranks = 1; ///< processes that train together, one a GPU; each reads its part of every batch
    std::string precision = "auto"; ///< of the computation: "auto", "fp32" or "bf16"; masters are float32
    bool checkpointActivations =
        false; ///< compute layers again in the backward pass instead of keeping their inner values
    std::uint64_t seed = 0;

    std::int64_t logEvery = 50; ///< steps
    std::int64_t evaluateEvery = 1000; ///< steps; 0: only at the end
    std::int64_t checkpointEvery = 1000; ///< steps; there is always one at the end
    double checkpointMinutes = 5; ///< at least one checkpoint in so many minutes; 0: by steps alone
    std::int64_t keepCheckpoints = 2;
    bool keepModels = false; ///< what each evaluation looked at stays in the run as a model: kept/step-N
    std::vector<LengthAndSlots> evaluate; ///< cells that evaluations measure
    std::int64_t evaluationWindows = 32; ///< a cell
    std::int64_t samples = 3; ///< reconstructions written out at each evaluation

    bool trainsBase() const { return stage == Stage::Base || stage == Stage::Midtrain; }
    bool trainsAdapter() const { return stage != Stage::Base; }
    double weightOf(Objective objective) const;
};

/// Reads a job: JSON with comments. Paths are relative to `folder`, data files also to `data`. `base` and `init_from`
/// may also name a run or a model folder: its base or adapter is meant then.
/// A run's own config.json has paths from the run's folder and names that in "run": what was moved with it is found
/// again, and so is what stayed.
/// @param source name for messages
/// @param begun the job has a checkpoint to go on from: `init_from` is left out, and may be gone by now
/// @throws Error (InvalidInput, NotFound, Unsupported) naming the field at fault
TrainJob parseTrainJob(std::string_view json, const std::string& source, const std::filesystem::path& folder,
                       const std::filesystem::path& data, bool begun = false);

/// A commented job to start from.
std::string trainJobTemplate(Stage stage);

/// A small job that trains an adapter with the base and texts that come with the program, in a minute or two.
/// @throws Error (NotFound) where they are not installed
std::string bundledTrainJob();

/// @throws Error (InvalidInput) for an unknown name
Stage parseStage(std::string_view name);

} // namespace icae

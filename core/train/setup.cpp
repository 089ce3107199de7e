#include "train/setup.h"

#include "icae/model.h"
#include "llm/vocabulary.h"
#include "protocol/error.h"
#include "text/text_file.h"
#include "train/batch.h"
#include "train/job_check.h"

namespace icae {

namespace fs = std::filesystem;

std::string configTextOf(const TrainJob& job)
{
    return job.stage == Stage::Base ? job.newBase : readTextFile(job.base / "config.json");
}

namespace {

BaseHashes baseOf(const TrainJob& job, const HashOptions& options)
{
    if (job.stage == Stage::Base)
        return {};
    return job.trainsBase() ? BaseHashes{fieldsHash(readLlmConfig(job.base)), {}} : hashBase(job.base, options);
}

} // namespace

BaseHashes fixedBase(const TrainJob& job, const TrainOptions& options, const std::stop_token& stop)
{
    return baseOf(job, {HashOptions::Effort::Anew, options.progress, stop});
}

void requireSameBase(const TrainJob& job, const fs::path& run, const BaseHashes& trainedOn, const BaseHashes& base)
{
    const BaseIdentity identity(job.base, base, {HashOptions::Effort::Anew, {}, {}});
    if (const auto why = trainedOnAnother(identity.whyNot(trainedOn)); !why.empty())
        throw Error(ErrorKind::Mismatch,
                    "The run " + run.string() + " cannot go on with the base " + job.base.string() + ": " + why + ".",
                    "Put back the base that it began with, or start a new run.");
}

void requireSameOptimizer(const TrainJob& job, const fs::path& run, std::string_view trainedWith)
{
    if (const auto own = optimizerName(job.optimizer.kind); own != trainedWith)
        throw Error(ErrorKind::Mismatch,
                    "The run " + run.string() + " was trained with the optimizer \"" + std::string(trainedWith)
                        + "\" and cannot go on with \"" + std::string(own) + "\".",
                    "Put optimizer.kind back, or start a new job from the run (init_from).");
}

TrainData loadTrainData(const TrainJob& job, const TrainOptions& options, const std::stop_token& stop)
{
    TrainData data;
    data.tokenizer = Tokenizer::load(tokenizerFileOf(job));
    auto config = baseConfigOf(job);
    adoptTokenizer(config, *data.tokenizer);
    const TokenizeOptions tokenize{data.tokenizer, tokenizerFileOf(job), static_cast<std::int32_t>(config.bosId),
                                   options.cacheFolder};
    if (!job.texts.empty())
        data.texts = std::make_shared<TextCorpus>(TextCorpus::open(job.texts, tokenize, options.progress, stop));
    if (!job.questions.empty())
        data.questions =
            std::make_shared<QuestionCorpus>(QuestionCorpus::open(job.questions, tokenize, options.progress, stop));
    // Refuses what no sample can be drawn from.
    const BatchSource source(job, config, data.texts, data.questions, *data.tokenizer);
    data.validation = ValidationData::read(job);
    return data;
}

TrainNetwork makeTrainNetwork(const TrainJob& job, const BaseHashes& base, const TrainOptions& options,
                              const std::stop_token& stop)
{
    TrainNetwork::Options settings;
    settings.device = chooseDevice(options.device).device;
    settings.dtype = chooseDtype(job.precision, settings.device);
    settings.trainsBase = job.trainsBase();
    settings.checkpointActivations = job.checkpointActivations;
    settings.loraDropout = job.loraDropout;
    settings.questionDropout = job.questionDropout;
    settings.plainKernels = options.plainKernels;
    const auto config = baseConfigOf(job);
    auto weights = job.stage == Stage::Base && job.initFrom.empty()
        ? freshWeights(config, settings.device, job.seed)
        : loadWeights(config, *TensorStore::open(job.stage == Stage::Base ? job.initFrom : job.base), settings.device,
                      job.trainsBase() ? at::kFloat : settings.dtype, options.progress, stop);
    // What was hashed is what was read only if both are still there: files are replaced whole, by whoever trains it.
    if (baseOf(job, {HashOptions::Effort::Remembered, options.progress, stop}) != base)
        throw Error(ErrorKind::Mismatch, "The base " + job.base.string() + " changed while it was being loaded.",
                    "Start again when nothing writes to it.");
    TrainNetwork network(config, std::move(weights), settings);
    if (job.trainsAdapter()) {
        network.addAdapter(job.adapter, job.seed + 1);
        if (!job.initFrom.empty())
            network.loadAdapter(AdapterFile::open(job.initFrom));
    }
    return network;
}

std::unique_ptr<Capturer> capturerFor(const TrainJob& job, const TrainNetwork& network)
{
    return job.loraDropout == 0 ? Capturer::make(network.options().device) : nullptr;
}

} // namespace icae

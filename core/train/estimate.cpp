#include "train/estimate.h"

#include "protocol/error.h"
#include "runs/temporary_folder.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "train/checkpoint.h"
#include "train/export.h"
#include "train/job_check.h"
#include "train/job_times.h"
#include "train/peak_bytes.h"
#include "train/run_inputs.h"
#include "train/setup.h"
#include "train/step_runner.h"
#include "train/step_times.h"
#include "train/validation.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

namespace icae {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t batchesLookedAt = 64; // for the largest of each objective, and for what a step has on average
constexpr std::int64_t mostSteps = 60;
constexpr std::int64_t leastSteps = 4;
constexpr std::int64_t leastOfAKind = 3; // batches of an objective that are timed
constexpr std::int64_t batchesCounted = 1000; // for how often a GPU meets a shape that it does not know
constexpr double enoughSeconds = 12; // of steps
constexpr double patientSeconds = 20; // for an evaluation; of one that takes longer, cells are left out
constexpr std::int64_t largestCheckpoint = std::int64_t{1} << 27U; // numbers: 1.5 GB

double since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void requireGoing(const std::stop_token& stop)
{
    if (stop.stop_requested())
        throw Error(ErrorKind::Cancelled, "The estimate was stopped.", {});
}

class Measurement {
public:
    Measurement(const TrainJob& job, const TrainOptions& options, std::stop_token stop, TrainEstimate& estimate)
        : m_job(job)
        , m_stop(std::move(stop))
        , m_estimate(estimate)
        , m_base(fixedBase(job, options, m_stop))
        , m_data(loadTrainData(job, options, m_stop))
        , m_network(makeTrainNetwork(job, m_base, options, m_stop))
        , m_optimizer(m_network.parameters(), job.optimizer, StepRunner::lossesOf(job.accumulate))
        , m_source(job, m_network.config(), m_data.texts, m_data.questions, *m_data.tokenizer)
        , m_runner(m_network, m_optimizer, job.accumulate, capturerFor(job, m_network))
    {
    }

    /// @param start the command's begin
    void run(Clock::time_point start)
    {
        hashInputs();
        m_all.start = since(start);
        lookAtBatches();
        largestBatches();
        steps();
        if (!m_data.validation.empty())
            evaluations();
        checkpoint();
        m_estimate.peakBytes = peakBytes(device());
        m_estimate.seconds = secondsOf(m_job, m_all);
    }

private:
    const at::Device& device() const { return m_network.options().device; }

    /// Of several ranks, what the last reads of a batch: none has more. Its tokens stay those of all.
    Batch part(const Batch& whole) const
    {
        return m_job.ranks == 1 ? whole : partOf(whole, m_job.ranks - 1, m_job.ranks);
    }

    /// The job's own first batches: of a short job, all.
    void lookAtBatches()
    {
        const auto all = m_job.steps ? *m_job.steps * m_job.accumulate : batchesLookedAt;
        m_lookedAt = std::clamp<std::int64_t>(all, 1, batchesLookedAt);
        for (std::int64_t i = 0; i < m_lookedAt; ++i) {
            requireGoing(m_stop);
            auto batch = part(m_source.make(i));
            m_tokens += static_cast<double>(batch.contextTokens);
            m_times.expect(batch);
            if (auto& largest = m_largest[batch.objective]; sizeOf(batch) > sizeOf(largest))
                largest = std::move(batch);
        }
        if (device().is_cuda())
            for (std::int64_t i = m_lookedAt; i < std::min(all, batchesCounted); ++i) {
                requireGoing(m_stop);
                m_times.expect(part(m_source.make(i)));
            }
    }

    /// A run notes what its data are.
    void hashInputs()
    {
        const TemporaryFolder folder;
        writeRunInputs(folder.path(), m_job, "{}", m_stop);
    }

    /// First, so that one hears at once of a job that does not fit.
    void largestBatches()
    {
        for (const auto& [objective, largest] : m_largest) {
            time(largest);
            m_runner.drop();
        }
        update();
    }

    void time(const Batch& batch)
    {
        requireGoing(m_stop);
        const auto begin = Clock::now();
        const bool settled = m_runner.backward(batch);
        synchronize(device());
        m_times.timed(batch, since(begin), settled);
    }

    void update()
    {
        const auto begin = Clock::now();
        m_runner.update(0, ++m_updates); // nothing is learnt
        synchronize(device());
        m_times.updated(since(begin));
    }

    /// What a step takes: of each objective what its batches take for their size, since a job has more batches than are
    /// done here, and others.
    void steps()
    {
        const auto start = Clock::now();
        for (std::int64_t step = 0; step < mostSteps && (step < leastSteps || since(start) < enoughSeconds); ++step) {
            for (std::int64_t i = 0; i < m_job.accumulate; ++i)
                time(part(m_source.make(step * m_job.accumulate + i)));
            update();
        }
        for (const auto& [objective, largest] : m_largest) // a share that is seldom drawn, or has not settled
            while (sizeOf(largest) > 0 && m_times.timed(objective) < leastOfAKind) {
                time(largest);
                m_runner.drop();
            }
        const auto accumulate = static_cast<double>(m_job.accumulate);
        m_all.step = m_times.secondsABatch() * accumulate + m_times.secondsAnUpdate();
        m_all.settling = m_times.settlingSeconds();
        m_estimate.stepSeconds = m_all.step;
        m_estimate.tokensPerSecond = m_tokens / static_cast<double>(m_lookedAt) * accumulate / m_all.step;
    }

    /// Piece by piece, as ranks do them: the few windows of a part would take another time each than all together.
    void evaluate(EvaluationTimes& times) const
    {
        const at::NoGradGuard guard;
        const auto start = Clock::now();
        const auto model = modelOf(m_network, m_data.tokenizer);
        times.prepared(since(start));
        const auto order = times.order();
        bool told = false;
        for (const auto piece : order) {
            if (told && times.isTold(piece) && since(start) > patientSeconds)
                break;
            const auto begin = Clock::now();
            validate(*model, m_job, m_data.validation, {{}, m_stop}, static_cast<std::int64_t>(piece),
                     std::ssize(order));
            synchronize(device());
            times.timed(piece, since(begin));
            told = told || times.isTold(piece);
        }
    }

    void evaluations()
    {
        EvaluationTimes times(validationPieces(m_job, m_data.validation), m_job.ranks);
        evaluate(times);
        if (device().is_cuda()) // whose libraries load and choose at first
            evaluate(times);
        m_all.firstEvaluation = times.first();
        m_all.laterEvaluation = times.later();
        m_estimate.evaluationSeconds = m_all.laterEvaluation;
    }

    /// A checkpoint has a model, and the run's own is written after it.
    void checkpoint()
    {
        if (m_optimizer.state()[0].numel() > largestCheckpoint)
            return;
        const TemporaryFolder folder;
        const auto exportTo = [&](const std::filesystem::path& inside) {
            exportModel(m_network, inside, m_base, configTextOf(m_job), besideBase(m_job));
        };
        const auto start = Clock::now();
        writeCheckpoint(folder.path(), {}, m_optimizer, 1, exportTo);
        const auto exporting = Clock::now();
        exportTo(folder.path() / "model");
        m_all.keptModel = since(exporting);
        m_all.checkpoint = since(start);
    }

    const TrainJob& m_job;
    std::stop_token m_stop;
    TrainEstimate& m_estimate;
    BaseHashes m_base;
    TrainData m_data;
    TrainNetwork m_network;
    Optimizer m_optimizer;
    BatchSource m_source;
    StepRunner m_runner;
    std::map<Objective, Batch> m_largest;
    StepTimes m_times;
    JobTimes m_all;
    std::int64_t m_updates = 0;
    std::int64_t m_lookedAt = 0; ///< batches
    double m_tokens = 0; ///< of their contexts
};

std::string adviceFor(const TrainJob& job)
{
    std::string advice = "Halve batch_tokens and double accumulate: the steps stay the same.";
    if (!job.checkpointActivations && job.loraDropout == 0)
        advice += " Or set checkpoint_activations: layers are computed twice, which takes a third longer.";
    return advice;
}

} // namespace

TrainEstimate measureJob(const TrainJob& job, const TrainOptions& options, const std::stop_token& stop,
                         std::chrono::steady_clock::time_point begun)
{
    compat::allowTf32(false);
    checkTrainJob(job, options.device, {HashOptions::Effort::Remembered, options.progress, stop});
    TrainEstimate estimate;
    const auto device = chooseDevice(options.device).device;
    estimate.device = describeDevice(device);
    estimate.freeBytes = deviceMemory(device).free;
    try {
        Measurement(job, options, stop, estimate).run(begun);
    } catch (const std::exception& fault) {
        if (!compat::isOutOfMemoryError(fault))
            throw;
        estimate.peakBytes = peakBytes(device);
        estimate.fits = false;
        estimate.advice = adviceFor(job);
    }
    constexpr double tight = 0.9;
    if (estimate.fits && static_cast<double>(estimate.peakBytes) > tight * static_cast<double>(estimate.freeBytes))
        estimate.advice = "It hardly fits. " + adviceFor(job);
    return estimate;
}

} // namespace icae

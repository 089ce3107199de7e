#include "train/estimate.h"

#include "input/user_folder.h"
#include "protocol/error.h"
#include "runs/temporary_folder.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "train/checkpoint.h"
#include "train/export.h"
#include "train/job_check.h"
#include "train/peak_bytes.h"
#include "train/setup.h"
#include "train/step_runner.h"
#include "train/step_times.h"
#include "train/validation.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>

namespace icae {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t batchesLookedAt = 64; // for the largest of each objective, and for what a step has on average
constexpr std::int64_t mostSteps = 60;
constexpr std::int64_t leastSteps = 4;
constexpr std::int64_t leastOfAKind = 3; // batches of an objective that are timed
constexpr std::int64_t batchesCounted = 1000; // for how often a GPU meets a shape that it does not know
constexpr double enoughSeconds = 12; // of steps
constexpr double patientSeconds = 20; // for a whole evaluation; longer ones are measured in part
constexpr std::int64_t fewWindows = 2;
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

    void run()
    {
        lookAtBatches();
        largestBatches();
        steps();
        m_estimate.evaluationSeconds = m_data.validation.empty() ? 0 : evaluation();
        m_estimate.peakBytes = peakBytes(device());
        const auto checkpoint = checkpointSeconds();
        total(checkpoint);
    }

private:
    const at::Device& device() const { return m_network.options().device; }

    /// Of several ranks, what the first reads of a batch; its tokens stay those of all.
    Batch part(const Batch& whole) const { return m_job.ranks == 1 ? whole : partOf(whole, 0, m_job.ranks); }

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

    void largestBatches()
    {
        for (const auto& [objective, largest] : m_largest) {
            requireGoing(m_stop);
            m_runner.backward(largest);
            m_runner.drop();
        }
        m_runner.update(0, 1);
        synchronize(device());
    }

    void time(const Batch& batch)
    {
        requireGoing(m_stop);
        const auto begin = Clock::now();
        const bool settled = m_runner.backward(batch);
        synchronize(device());
        m_times.timed(batch, since(begin), settled);
    }

    /// What a step takes: of each objective what its batches take for their size, since a job has more batches than are
    /// done here, and others.
    void steps()
    {
        std::vector<double> updates;
        const auto start = Clock::now();
        const auto update = [&] {
            const auto begin = Clock::now();
            m_runner.update(0, std::ssize(updates) + 2); // nothing is learnt
            synchronize(device());
            updates.push_back(since(begin));
        };
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
        update();
        const auto settled = updates.size() / 2; // the first ones are slower
        const auto updating =
            std::accumulate(updates.begin() + static_cast<std::ptrdiff_t>(settled), updates.end(), 0.0)
            / static_cast<double>(updates.size() - settled);
        const auto batches = static_cast<double>(m_lookedAt);
        const auto accumulate = static_cast<double>(m_job.accumulate);
        m_estimate.stepSeconds = m_times.secondsABatch() * accumulate + updating;
        m_estimate.tokensPerSecond = m_tokens / batches * accumulate / m_estimate.stepSeconds;
    }

    double evaluate(const TrainJob& job, const ValidationData& data)
    {
        const auto start = Clock::now();
        const at::NoGradGuard guard;
        const auto model = modelOf(m_network, m_data.tokenizer);
        validate(*model, job, data, {{}, m_stop});
        synchronize(device());
        return since(start);
    }

    /// A whole one; where that takes long, from a few windows.
    double evaluation()
    {
        auto few = m_job;
        few.evaluationWindows = std::min(fewWindows, m_job.evaluationWindows);
        const auto share = static_cast<double>(m_job.evaluationWindows) / static_cast<double>(few.evaluationWindows);
        auto texts = m_data.validation;
        texts.questions.clear();
        auto without = few;
        without.evaluate.clear();
        // What a GPU's libraries load and choose at first does not become more with the windows.
        const auto cold = device().is_cuda() ? evaluate(few, m_data.validation) : 0;
        const auto fixed = evaluate(without, texts); // what does not depend on the windows
        const auto warm = evaluate(few, m_data.validation);
        m_firstEvaluation = std::max(0.0, cold - warm);
        const auto part = std::max(0.0, warm - fixed);
        const auto scaled = fixed + part * share;
        return scaled < patientSeconds ? evaluate(m_job, m_data.validation) : scaled;
    }

    double checkpointSeconds()
    {
        if (m_optimizer.state()[0].numel() > largestCheckpoint)
            return 0;
        const auto start = Clock::now();
        const TemporaryFolder folder;
        writeCheckpoint(folder.path(), {}, m_optimizer, 1, [&](const std::filesystem::path& inside) {
            exportModel(m_network, inside, m_base, configTextOf(m_job), besideBase(m_job));
        });
        return since(start);
    }

    void total(double checkpoint)
    {
        const auto stepSeconds = m_estimate.stepSeconds;
        const double training =
            m_job.steps ? static_cast<double>(*m_job.steps) * stepSeconds : *m_job.minutes * 60; // evaluations left out
        const double steps = training / std::max(stepSeconds, 1e-9);
        const auto times = [&](std::int64_t every) {
            return every > 0 ? std::floor(steps / static_cast<double>(every)) : 0;
        };
        const double evaluations = std::max(1.0, times(m_job.evaluateEvery));
        double checkpoints = std::max(1.0, times(m_job.checkpointEvery));
        if (m_job.checkpointMinutes > 0)
            checkpoints = std::max(checkpoints, training / (m_job.checkpointMinutes * 60));
        m_estimate.seconds =
            training + m_firstEvaluation + evaluations * m_estimate.evaluationSeconds + checkpoints * checkpoint;
        if (m_job.steps) // those that stop by the clock do fewer steps instead
            m_estimate.seconds += m_times.settlingSeconds();
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
    double m_firstEvaluation = 0; ///< s that it takes longer than later ones
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

TrainEstimate measureJob(const TrainJob& job, const TrainOptions& options, const std::stop_token& stop)
{
    compat::allowTf32(false);
    checkTrainJob(job, options.device, {HashOptions::Effort::Remembered, options.progress, stop});
    TrainEstimate estimate;
    const auto device = chooseDevice(options.device).device;
    estimate.device = describeDevice(device);
    estimate.freeBytes = deviceMemory(device).free;
    const auto start = Clock::now();
    try {
        Measurement measurement(job, options, stop, estimate);
        const auto loading = since(start);
        measurement.run();
        estimate.seconds += loading;
    } catch (const std::exception& fault) {
        const auto* error = dynamic_cast<const Error*>(&fault);
        if (error != nullptr ? error->kind() != ErrorKind::OutOfMemory : !compat::isOutOfMemory(fault))
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

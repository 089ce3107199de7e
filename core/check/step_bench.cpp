#include "check/step_bench.h"

#include "llm/weights.h"
#include "measure/statistics.h"
#include "protocol/error.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "train/random.h"
#include "train/step_runner.h"

#include <chrono>

namespace icae {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int stepsARound = 5;
constexpr std::int64_t firstOrdinaryId = 3;

/// Full spans of random tokens, to be written back.
Batch randomBatch(const LlmConfig& config, const AdapterConfig& adapter, std::int64_t sequences)
{
    auto random = Random::of(0, 0, 0);
    std::vector<Sample> samples(static_cast<std::size_t>(sequences));
    for (auto& sample : samples) {
        std::vector<std::int64_t> ids(static_cast<std::size_t>(adapter.spanTokens));
        for (auto& id : ids)
            id = firstOrdinaryId + random.below(config.vocabSize - firstOrdinaryId);
        sample.targets = ids;
        sample.targets.push_back(config.eosId());
        sample.spans.push_back(std::move(ids));
    }
    return assemble(Objective::Autoencode, samples, adapter.slots, config, adapter, {});
}

} // namespace

StepBenchResult benchAdapterStep(const LlmConfig& config, const AdapterConfig& adapter, const StepBenchOptions& options,
                                 const std::stop_token& stop)
{
    compat::allowTf32(false);
    TrainNetwork::Options settings;
    settings.device = chooseDevice(options.device).device;
    settings.dtype = chooseDtype(options.dtype, settings.device);
    settings.checkpointActivations = options.checkpointActivations;
    StepBenchResult result;
    result.device = describeDevice(settings.device);
    result.dtype = dtypeName(settings.dtype);
    try {
        TrainNetwork network(config, randomWeights(config, settings.device, settings.dtype), settings);
        network.addAdapter(adapter, 0);
        Optimizer optimizer(network.parameters(), {}, StepRunner::lossesOf(1));
        StepRunner runner(network, optimizer, 1, true);
        const auto batch = randomBatch(config, adapter, options.sequences);
        std::vector<double> seconds;
        std::int64_t number = 0;
        for (int round = -1; round < options.rounds; ++round) { // the first one warms up
            synchronize(settings.device);
            const auto start = Clock::now();
            for (int i = 0; i < stepsARound; ++i) {
                if (stop.stop_requested())
                    throw Error(ErrorKind::Cancelled, "The benchmark was stopped.", {});
                runner.backward(batch);
                runner.update(1e-5, ++number);
            }
            synchronize(settings.device);
            if (round >= 0)
                seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count() / stepsARound);
        }
        result.secondsAStep = quantile(seconds, 0.5);
        result.tokensPerSecond = static_cast<double>(batch.contextTokens) / result.secondsAStep;
        result.trainedNumbers = optimizer.state()[0].numel();
        result.peakBytes = peakTensorBytes(settings.device);
    } catch (const std::exception& error) {
        compat::rethrowOutOfMemory(error, "training", result.device);
        throw;
    }
    return result;
}

} // namespace icae

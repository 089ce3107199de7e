#include "check/step_bench.h"

#include "llm/weights.h"
#include "measure/statistics.h"
#include "protocol/error.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "train/random.h"
#include "train/ranks.h"
#include "train/step_exchange.h"
#include "train/step_runner.h"

#include <chrono>

namespace icae {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int stepsARound = 5;
constexpr std::chrono::seconds patience(300);
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
        auto& targets = sample.turns.emplace_back().targets;
        targets = ids;
        targets.push_back(config.eosId());
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
    if (!options.place.alone())
        prepareRankEnvironment();
    settings.device = chooseDevice(rankDevice(options.device, options.place)).device;
    settings.dtype = chooseDtype(options.dtype, settings.device);
    settings.checkpointActivations = options.checkpointActivations;
    StepBenchResult result;
    result.device = describeDevice(settings.device);
    result.dtype = dtypeName(settings.dtype);
    Ranks ranks({options.place, settings.device, patience, stop, {}});
    try {
        TrainNetwork network(config, randomWeights(config, settings.device, settings.dtype), settings);
        network.addAdapter(adapter, 0);
        Optimizer optimizer(network.parameters(), {},
                            StepRunner::lossesOf(options.accumulate) + StepExchange::wordSize);
        StepRunner runner(network, optimizer, options.accumulate, Capturer::make(network.options().device));
        const auto whole = randomBatch(config, adapter, options.sequences);
        const auto batch = partOf(whole, ranks.rank(), ranks.size());
        ranks.join();
        ranks.enter(RankPhase::Working);
        StepExchange exchange(ranks, optimizer, 0);
        double all = 0; // seconds of the measured rounds
        double exchanged = 0;
        std::vector<double> seconds;
        std::int64_t number = 0;
        for (int round = -1; round < options.rounds; ++round) { // the first one warms up
            synchronize(settings.device);
            const auto start = Clock::now();
            for (int i = 0; i < stepsARound; ++i) {
                if (stop.stop_requested())
                    throw Error(ErrorKind::Cancelled, "The benchmark was stopped.", {});
                for (std::int64_t part = 0; part < options.accumulate; ++part)
                    runner.backward(batch);
                exchange.run({});
                runner.update(1e-5, ++number);
            }
            synchronize(settings.device);
            const auto passed = std::chrono::duration<double>(Clock::now() - start).count();
            const auto between = exchange.takeSeconds();
            if (round < 0)
                continue;
            seconds.push_back(passed / stepsARound);
            all += passed;
            exchanged += between;
        }
        result.secondsAStep = quantile(seconds, 0.5);
        result.exchangeShare = exchanged / all;
        result.tokensPerSecond = static_cast<double>(options.accumulate * whole.contextTokens) / result.secondsAStep;
        result.trainedNumbers = optimizer.state()[0].numel();
        result.peakBytes = peakTensorBytes(settings.device);
        ranks.leave();
    } catch (const Error& error) {
        ranks.fail(error);
        throw;
    } catch (const std::exception& error) {
        ranks.fail({ErrorKind::Internal, compat::isOutOfMemory(error) ? "Memory ran out." : "It met a defect.", {}});
        compat::rethrowOutOfMemory(error, "training", result.device);
        throw;
    }
    return result;
}

} // namespace icae

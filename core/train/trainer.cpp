#include "train/train_loop.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/device_turn.h"
#include "runs/run_checkpoints.h"
#include "study/kept_models.h"
#include "tensor/compat.h"
#include "train/checkpoint.h"
#include "train/export.h"
#include "train/job_check.h"
#include "train/peak_bytes.h"
#include "train/prefetcher.h"
#include "train/ranks.h"
#include "train/run_record.h"
#include "train/setup.h"
#include "train/step_exchange.h"
#include "train/step_runner.h"
#include "train/validation.h"
#include "train/watch.h"

#include <chrono>
#include <cmath>

namespace icae {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto metricsName = "metrics.jsonl";
constexpr auto samplesName = "samples.jsonl";
constexpr std::size_t mostWarnings = 20; // that a status lists; the log has all

/// One curve's value in a line for a person.
std::string figure(const std::string& name, double value)
{
    return "  " + name + " " + std::to_string(value).substr(0, 6);
}

double since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What a job is, wherever its files lie.
std::string identityOf(const std::string& jobText)
{
    auto json = nlohmann::json::parse(jobText, nullptr, false, true);
    if (json.is_object())
        for (const auto* place : {"base", "tokenizer", "init_from", "data", "run", "device", "ranks"})
            json.erase(place);
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// One run of a job.
class Trainer {
public:
    /// @param directory of rank 0; others have none
    /// @param status what the run's last process wrote, where it is resumed
    Trainer(const TrainJob& job, const std::string& jobText, const TrainOptions& options, const RunDirectory* directory,
            RunStatus status, Ranks& ranks)
        : m_job(job)
        , m_identity(identityOf(jobText))
        , m_options(options)
        , m_folder(options.run)
        , m_ranks(ranks)
        , m_stop(ranks.stop())
        , m_base(fixedBase(job, options, m_stop))
        , m_configText(configTextOf(job))
        , m_data(loadOnce())
        , m_network(makeTrainNetwork(job, m_base, options, m_stop))
        , m_optimizer(m_network.parameters(), job.optimizer,
                      StepRunner::lossesOf(job.accumulate) + StepExchange::wordSize)
        , m_source(job, m_network.config(), m_data.texts, m_data.questions, *m_data.tokenizer)
        , m_runner(m_network, m_optimizer, job.accumulate, capturerFor(job, m_network))
        , m_record(directory)
        , m_watch(adviceOnUnreadSlots(job))
        , m_device(m_network.options().device.str())
        , m_status(std::move(status))
    {
        m_status.stage = stageName(job.stage);
        m_status.steps = job.steps.value_or(0);
        m_status.device = describeDevice(m_network.options().device);
        m_status.ranks = ranks.size();
        m_status.devices.clear();
        m_status.exchangeShare = 0;
    }

    RunStatus run()
    {
        if (m_ranks.first())
            requireExportable(m_job, m_folder / "model");
        meet();
        resume();
        if (m_source.leftOut() > 0)
            say("Left out: " + std::to_string(m_source.leftOut()) + " of " + std::to_string(m_data.questions->size())
                + " questions, which are too long, or whose texts are too short or too long.");
        say(m_status.stage + " on " + m_status.device + ", " + dtypeName(m_network.options().dtype) + ", "
            + std::to_string(trainedNumbers()) + " trained numbers");
        m_status.state = RunState::Running;
        writeStatus();
        if (m_position.step > 0 && isDue(m_job.evaluateEvery) && progress() < 1)
            evaluateNow(); // the process before was stopped in it
        StepExchange exchange(m_ranks, m_optimizer, m_position.seconds);
        m_exchange = &exchange;
        m_agreed.seconds = m_position.seconds;
        Prefetcher batches(m_source, m_position.step * m_job.accumulate);
        auto last = Clock::now();
        m_intervalStart = last;
        m_lastCheckpoint = last;
        while (progress() < 1 && !toStop()) {
            m_ranks.check();
            const auto tokensBefore = m_position.tokens;
            bool dropped = false;
            for (std::int64_t i = 0; i < m_job.accumulate && !dropped; ++i) {
                const auto waited = giveWay();
                last += waited;
                m_intervalStart += waited;
                const auto batch = batches.next();
                m_position.tokens += batch.contextTokens;
                if (m_ranks.alone()) {
                    m_runner.backward(batch);
                    dropped = i + 1 < m_job.accumulate && m_stop.stop_requested();
                } else {
                    m_ranks.progress();
                    // Where a step's batches have fewer examples than there are ranks, they take turns.
                    m_runner.backward(partOf(batch, (m_ranks.rank() + i) % m_ranks.size(), m_ranks.size()));
                }
            }
            if (dropped) { // a resumed run does the whole step
                m_runner.drop();
                m_position.tokens = tokensBefore;
                break;
            }
            m_rate = learningRateAt(m_job.optimizer, m_position.step, progress());
            // What is agreed on comes a step later: until then it is not asked for again.
            const bool due = !m_checkpointAsked && isDue(m_job.checkpointMinutes);
            m_checkpointAsked = m_checkpointAsked || due;
            m_agreed = exchange.run({m_stop.stop_requested(), due, m_position.seconds, m_runner.takeShortOfMemory()});
            m_shortOfMemory = m_shortOfMemory || m_agreed.shortOfMemory;
            m_runner.update(m_rate, m_position.step + 1);
            ++m_position.step;
            const auto now = Clock::now();
            m_position.seconds += std::chrono::duration<double>(now - last).count();
            last = now;
            if (isDue(m_job.logEvery) || progress() >= 1) {
                log();
                m_position.seconds += since(last);
                last = Clock::now();
            }
            if (m_watch.diverged() || progress() >= 1)
                break;
            bool paused = false;
            if (isDue(m_job.evaluateEvery)) {
                evaluateNow();
                paused = true;
            }
            if (isDue(m_job.checkpointEvery) || m_agreed.checkpoint) {
                checkpoint();
                paused = true;
            }
            if (m_watch.diverged())
                break;
            if (paused) {
                last = Clock::now();
                m_intervalStart = last;
                m_intervalTokens = m_position.tokens;
            }
        }
        return finish();
    }

private:
    /// All ranks know the same of it: time is rank 0's.
    double progress() const
    {
        return m_job.steps ? static_cast<double>(m_position.step) / static_cast<double>(*m_job.steps)
                           : (m_ranks.alone() ? m_position.seconds : m_agreed.seconds) / (*m_job.minutes * 60);
    }

    bool toStop() const { return m_ranks.alone() ? m_stop.stop_requested() : m_agreed.stop; }

    /// The first rank of a host fills its cache.
    TrainData loadOnce()
    {
        TrainData data;
        m_ranks.afterFirstOfHost("data", [&] { data = loadTrainData(m_job, m_options, m_stop); });
        return data;
    }

    /// Ranks must train the same: what this one read is compared with rank 0's.
    void meet()
    {
        if (m_ranks.alone())
            return;
        m_ranks.requireSame("the job", m_identity);
        m_ranks.requireSame("the base", m_base.config + " " + m_base.weights);
        m_ranks.requireSame("the data",
                            std::to_string(m_data.texts ? m_data.texts->tokens() : 0) + " "
                                + std::to_string(m_data.questions ? m_data.questions->size() : 0));
        m_status.devices = m_ranks.toFirst("device", m_status.device + " on " + hostName());
        if (m_ranks.first())
            m_status.device = std::to_string(m_ranks.size()) + " × " + m_status.device;
        m_ranks.join();
        m_ranks.enter(RankPhase::Working);
    }

    /// Waits while an engine on the device answers a person. @return how long
    Clock::duration giveWay()
    {
        const auto waited = m_device.giveWay(m_stop, [this](bool paused) {
            m_ranks.enter(paused ? RankPhase::Paused : RankPhase::Working);
            m_status.paused = paused ? pausedForAnEngine : std::string();
            writeStatus();
        });
        return std::chrono::duration_cast<Clock::duration>(waited);
    }

    bool isDue(std::int64_t everySteps) const { return everySteps > 0 && m_position.step % everySteps == 0; }
    bool isDue(double everyMinutes) const { return everyMinutes > 0 && since(m_lastCheckpoint) > everyMinutes * 60; }

    std::int64_t trainedNumbers() const { return m_optimizer.state()[0].numel(); }

    /// Rank 0 reads what there is; the others get it from there.
    void resume()
    {
        m_position.base = m_base;
        m_position.optimizer = optimizerName(m_job.optimizer.kind);
        bool found = false;
        if (m_options.resume && m_ranks.first()) {
            if (const auto position =
                    readCheckpoint(m_folder, m_optimizer, [this](const std::string& damaged) { warn(damaged); })) {
                requireSameBase(m_job, m_folder, position->base, m_base);
                requireSameOptimizer(m_job, m_folder, position->optimizer);
                m_position = *position;
                found = true;
            }
        }
        if (!m_ranks.alone()) {
            m_position = parsePosition(m_ranks.fromFirst("position", toText(m_position)), "rank 0's position");
            auto state = m_optimizer.state();
            for (std::size_t i = 0; i < (m_options.resume ? state.size() : 1); ++i)
                m_ranks.spread(state.at(i));
        }
        m_position.base = m_base;
        if (!m_options.resume)
            return;
        if (found || !m_ranks.first()) {
            m_checkpointed = m_position.step;
            m_runner.restore(m_position.pending);
        }
        say("resumed at step " + std::to_string(m_position.step));
        m_status.watched = m_position.watched;
        m_record.restartScalars(m_position.step + 1);
        m_record.forgetAfter(metricsName, m_position.step, m_position.evaluated);
        forgetSamples();
        if (m_status.alert && m_status.alert->step > m_position.step)
            m_status.alert.reset();
        tell(RunEventKind::Resumed, "The run was resumed.");
        m_intervalTokens = m_position.tokens;
    }

    void say(const std::string& message) const
    {
        m_record.log(message);
        if (m_options.message)
            m_options.message(message);
    }

    /// A line of metrics.jsonl beside its values.
    void tell(RunEventKind kind, const std::string& sentence, const std::string& remedy = {})
    {
        const RunEvent event{kind, m_position.step, m_position.seconds, sentence, remedy};
        m_record.append(metricsName, nlohmann::json(event));
        if (isAlert(kind))
            m_status.alert = event;
    }

    void alert(const Alert& trouble)
    {
        if (trouble.empty())
            return;
        tell(trouble.kind, trouble.sentence, trouble.remedy);
        warn(trouble.text());
    }

    void warn(const std::string& sentence)
    {
        if (sentence.empty()
            || std::find(m_status.warnings.begin(), m_status.warnings.end(), sentence) != m_status.warnings.end())
            return;
        m_status.warnings.push_back(sentence);
        if (m_status.warnings.size() > mostWarnings)
            m_status.warnings.erase(m_status.warnings.begin());
        say("Warning: " + sentence);
    }

    void log()
    {
        const auto report = m_runner.report();
        double total = 0;
        std::int64_t count = 0;
        nlohmann::json losses = nlohmann::json::object();
        std::string line = "step " + std::to_string(m_position.step);
        for (const auto& [name, loss] : report.losses) {
            total += loss.mean * static_cast<double>(loss.batches);
            count += loss.batches;
            losses[name] = loss.mean;
            m_record.scalar("loss/" + name, loss.mean, m_position.step);
            line += figure(name, loss.mean);
            alert(m_watch.loss(name, loss.mean));
        }
        if (std::exchange(m_shortOfMemory, false))
            warn(
                "Memory ran short: captured steps were given up, which costs some time each time. Smaller batch_tokens "
                "and more accumulate need less.");
        m_status.loss = total / static_cast<double>(std::max<std::int64_t>(1, count));
        if (m_data.validation.empty() && std::isfinite(m_status.loss))
            alert(m_watch.stale(m_status.loss));
        const double seconds = since(m_intervalStart);
        m_status.tokensPerSecond = static_cast<double>(m_position.tokens - m_intervalTokens) / std::max(seconds, 1e-9);
        m_status.exchangeShare = m_exchange->takeSeconds() / std::max(seconds, 1e-9);
        m_intervalStart = Clock::now();
        m_intervalTokens = m_position.tokens;
        m_record.scalar("loss", m_status.loss, m_position.step);
        m_record.scalar("learning_rate", m_rate, m_position.step);
        m_record.scalar("gradient_norm", report.gradientNorm, m_position.step);
        m_record.scalar("tokens_per_s", m_status.tokensPerSecond, m_position.step);
        nlohmann::json values{{"step", m_position.step},
                              {"seconds", m_position.seconds},
                              {"tokens", m_position.tokens},
                              {"learning_rate", m_rate},
                              {"gradient_norm", report.gradientNorm},
                              {"tokens_per_s", m_status.tokensPerSecond},
                              {"peak_bytes", peakBytes(m_network.options().device)},
                              {"loss", m_status.loss},
                              {"losses", losses}};
        if (!m_ranks.alone()) {
            m_record.scalar("exchange_share", m_status.exchangeShare, m_position.step);
            values["exchange_share"] = m_status.exchangeShare;
        }
        m_record.flushScalars();
        m_record.append(metricsName, values);
        writeStatus();
        if (m_options.message)
            m_options.message(line + "  (" + std::to_string(static_cast<std::int64_t>(m_status.tokensPerSecond))
                              + " tokens/s)");
        if (m_options.progress)
            m_options.progress({"Training", static_cast<double>(m_position.step),
                                static_cast<double>(m_job.steps.value_or(0)), "steps"});
    }

    void writeStatus()
    {
        m_status.step = m_position.step;
        m_status.progress = std::min(1.0, progress());
        m_status.seconds = m_position.seconds;
        m_status.secondsLeft =
            m_status.progress > 0 ? m_position.seconds * (1 - m_status.progress) / m_status.progress : 0;
        m_record.write(m_status);
    }

    /// Evaluates, unless it is asked to stop meanwhile: then a resumed run does it again from the start.
    void evaluateNow()
    {
        if (m_position.evaluated == m_position.step)
            return;
        if (!m_data.validation.empty() && !validateModel()) {
            m_agreed.stop = true;
            forgetSamples();
            return;
        }
        if (m_job.keepModels && m_ranks.first())
            exportTo(keptFolder(m_folder, m_position.step));
        m_position.evaluated = m_position.step;
    }

    /// What this rank finds in its part; nothing where it is asked to stop.
    std::optional<ValidationResult> validatePart()
    {
        const at::NoGradGuard guard;
        const auto find = [this] {
            const auto model = modelOf(m_network, m_data.tokenizer);
            const auto between = [this] {
                m_ranks.progress();
                giveWay();
            };
            return validate(*model, m_job, m_data.validation, {between, m_stop}, m_ranks.rank(), m_ranks.size());
        };
        try {
            try {
                return find();
            } catch (const std::exception& fault) {
                if (!compat::isOutOfMemoryError(fault) || !m_runner.release())
                    throw;
            }
            return find();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Cancelled)
                throw;
            return std::nullopt;
        }
    }

    /// What all ranks found together; nothing where any was asked to stop.
    std::optional<ValidationResult> validateTogether()
    {
        auto found = validatePart();
        m_ranks.check();
        if (m_ranks.alone())
            return found;
        const auto topic = "validation " + std::to_string(m_position.step);
        m_ranks.enter(RankPhase::Waiting);
        const auto parts = m_ranks.toFirst(topic, found ? found->toBytes() : "");
        for (std::size_t i = 1; i < parts.size(); ++i) {
            if (parts[i].empty())
                found.reset();
            else if (found)
                found->add(ValidationResult::fromBytes(parts[i]));
        }
        const auto all = m_ranks.fromFirst(topic + " of all", found ? found->toBytes() : "");
        m_ranks.enter(RankPhase::Working);
        return all.empty() ? std::nullopt : std::optional(ValidationResult::fromBytes(all));
    }

    /// Drops samples of evaluations that did not come to their end.
    void forgetSamples() const { m_record.forgetAfter(samplesName, m_position.evaluated, m_position.evaluated); }

    /// @return whether it came to its end
    bool validateModel()
    {
        const auto all = validateTogether();
        if (!all)
            return false;
        const auto& found = *all;
        for (auto line : found.samples) {
            line["step"] = m_position.step;
            m_record.append(samplesName, line);
        }
        const auto watched = found.watched(m_job);
        if (watched && std::isfinite(watched->second))
            track(watched->first, watched->second);
        else if (watched)
            alert(m_watch.loss("the validation", watched->second));
        if (found.autoencoding) {
            alert(m_watch.collapsed(found.accuracy, found.bleu));
            alert(m_watch.stuck(*found.autoencoding, found.nothing.value_or(NAN), progress()));
        }
        std::string line = "validation";
        for (const auto& [name, value] : found.values.items()) {
            m_record.scalar("validation/" + name, value.get<double>(), m_position.step);
            line += figure(name, value);
        }
        m_record.flushScalars();
        m_record.append(metricsName,
                        {{"step", m_position.step}, {"seconds", m_position.seconds}, {"validation", found.values}});
        if (m_options.message)
            m_options.message(line);
        writeStatus();
        return true;
    }

    void track(const std::string& name, double value)
    {
        auto& watched = m_position.watched;
        if (!watched || value < watched->best)
            watched = BestValue{name, value, value, m_position.step};
        watched->last = value;
        m_status.watched = watched;
        alert(m_watch.stale(value, m_position.step));
    }

    /// Writes a checkpoint, if there is none of this step, and what the job has learnt as a model. Where the numbers
    /// are none any more, nothing is written and the run has diverged.
    void checkpoint()
    {
        m_position.pending = m_runner.pending();
        for (const auto& [name, loss] : m_position.pending)
            if (!std::isfinite(loss.sum))
                alert(m_watch.loss(name, loss.sum));
        if (const auto norm = m_optimizer.gradientNorm().item<double>(); !std::isfinite(norm))
            alert(m_watch.loss("the last step", norm));
        if (m_watch.diverged())
            return;
        m_lastCheckpoint = Clock::now();
        m_checkpointAsked = false;
        if (!m_ranks.first())
            return;
        m_record.flush(metricsName);
        m_record.flush(samplesName);
        if (m_checkpointed != m_position.step) {
            writeCheckpoint(m_folder, m_position, m_optimizer, m_job.keepCheckpoints,
                            [this](const std::filesystem::path& folder) { exportTo(folder); });
            tell(RunEventKind::Checkpoint, "A checkpoint was written.");
            lookAtDisk();
        }
        m_checkpointed = m_position.step;
        m_lastCheckpoint = Clock::now();
        exportTo(m_folder / "model");
        writeStatus();
    }

    void lookAtDisk()
    {
        std::int64_t needed = 0;
        for (const auto& checkpoint : checkpointsOf(m_folder, m_status))
            if (checkpoint.step == m_position.step)
                needed += checkpoint.bytes;
        std::error_code fault;
        if (const auto space = std::filesystem::space(m_folder, fault); !fault)
            alert(m_watch.disk(needed, static_cast<std::int64_t>(space.available)));
    }

    void exportTo(const std::filesystem::path& folder) const
    {
        exportModel(m_network, folder, m_base, m_configText, besideBase(m_job));
    }

    RunStatus finish()
    {
        const bool trained = progress() >= 1 && !m_watch.diverged();
        if (trained)
            evaluateNow();
        const bool whole = trained && m_position.evaluated == m_position.step;
        checkpoint();
        m_ranks.enter(RankPhase::Waiting);
        m_ranks.fromFirst("done", "1"); // whatever becomes of the last checkpoint becomes of all
        m_ranks.leave();
        if (m_watch.diverged()) {
            writeStatus();
            throw Error(ErrorKind::InvalidInput, m_watch.divergence().sentence, m_watch.divergence().remedy);
        }
        m_status.state = whole ? RunState::Finished : RunState::Stopped;
        m_status.reason = whole ? "The job is done." : "Stopped on request after a checkpoint.";
        writeStatus();
        say(m_status.reason);
        return m_status;
    }

    const TrainJob& m_job;
    std::string m_identity;
    const TrainOptions& m_options;
    std::filesystem::path m_folder; ///< of the run
    Ranks& m_ranks;
    std::stop_token m_stop;
    BaseHashes m_base; ///< what the run is pinned to
    std::string m_configText;
    TrainData m_data;
    TrainNetwork m_network;
    Optimizer m_optimizer;
    BatchSource m_source;
    StepRunner m_runner;
    StepExchange* m_exchange = nullptr; ///< of run()
    StepWord m_agreed; ///< of several ranks
    bool m_shortOfMemory = false; ///< since the last line
    RunRecord m_record;
    TrainWatch m_watch;
    DeviceWatch m_device;
    TrainPosition m_position;
    RunStatus m_status;
    double m_rate = 0;
    std::int64_t m_checkpointed = -1; ///< step of the last checkpoint
    Clock::time_point m_lastCheckpoint;
    bool m_checkpointAsked = false; ///< the clock asked for one that was not written yet
    Clock::time_point m_intervalStart;
    std::int64_t m_intervalTokens = 0;
};

} // namespace

RunStatus trainInRun(const TrainJob& job, const std::string& jobText, const TrainOptions& options,
                     const RunDirectory* directory, const RunStatus& status, Ranks& ranks,
                     const std::function<void()>& loaded)
{
    Trainer trainer(job, jobText, options, directory, status, ranks);
    loaded();
    return trainer.run();
}

} // namespace icae

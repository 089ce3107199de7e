#include "train/trainer.h"

#include "input/remove_tree.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/device_queue.h"
#include "runs/device_turn.h"
#include "runs/event_file.h"
#include "runs/run_checkpoints.h"
#include "study/kept_models.h"
#include "tensor/atomic_file.h"
#include "tensor/compat.h"
#include "train/checkpoint.h"
#include "train/export.h"
#include "train/job_check.h"
#include "train/peak_bytes.h"
#include "train/prefetcher.h"
#include "train/run_inputs.h"
#include "train/setup.h"
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
constexpr auto reportEvery = std::chrono::milliseconds(500);
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

/// One run of a job.
class Trainer {
public:
    /// @param status what the run's last process wrote, where it is resumed
    Trainer(const TrainJob& job, const TrainOptions& options, const RunDirectory& directory, RunStatus status,
            std::stop_token stop)
        : m_job(job)
        , m_options(options)
        , m_directory(directory)
        , m_stop(std::move(stop))
        , m_base(fixedBase(job, options, m_stop))
        , m_configText(configTextOf(job))
        , m_data(loadTrainData(job, options, m_stop))
        , m_network(makeTrainNetwork(job, m_base, options, m_stop))
        , m_optimizer(m_network.parameters(), job.optimizer)
        , m_source(job, m_network.config(), m_data.texts, m_data.questions, *m_data.tokenizer)
        , m_runner(m_network, m_optimizer, job.accumulate, job.loraDropout == 0)
        , m_events(directory.folder())
        , m_watch(adviceOnUnreadSlots(job))
        , m_device(m_network.options().device.str())
        , m_status(std::move(status))
    {
        m_status.stage = stageName(job.stage);
        m_status.steps = job.steps.value_or(0);
        m_status.device = describeDevice(m_network.options().device);
    }

    RunStatus run()
    {
        requireExportable(m_job, m_directory.folder() / "model");
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
        Prefetcher batches(m_source, m_position.step * m_job.accumulate);
        auto last = Clock::now();
        m_intervalStart = last;
        m_lastCheckpoint = last;
        while (progress() < 1 && !m_stop.stop_requested()) {
            seedDropout();
            m_runner.mark();
            const auto tokensBefore = m_position.tokens;
            bool dropped = false;
            for (std::int64_t i = 0; i < m_job.accumulate && !dropped; ++i) {
                const auto waited = giveWay();
                last += waited;
                m_intervalStart += waited;
                const auto batch = batches.next();
                m_position.tokens += batch.contextTokens;
                m_runner.backward(batch);
                dropped = i + 1 < m_job.accumulate && m_stop.stop_requested();
            }
            if (dropped) { // a resumed run does the whole step
                m_runner.drop();
                m_position.tokens = tokensBefore;
                break;
            }
            m_rate = learningRateAt(m_job.optimizer, m_position.step, progress());
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
            if (isDue(m_job.checkpointEvery) || isDue(m_job.checkpointMinutes)) {
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
    double progress() const
    {
        return m_job.steps ? static_cast<double>(m_position.step) / static_cast<double>(*m_job.steps)
                           : m_position.seconds / (*m_job.minutes * 60);
    }

    /// Waits while an engine on the device answers a person. @return how long
    Clock::duration giveWay()
    {
        const auto waited = m_device.giveWay(m_stop, [this](bool paused) {
            m_status.paused = paused ? pausedForAnEngine : std::string();
            writeStatus();
        });
        return std::chrono::duration_cast<Clock::duration>(waited);
    }

    bool isDue(std::int64_t everySteps) const { return everySteps > 0 && m_position.step % everySteps == 0; }
    bool isDue(double everyMinutes) const { return everyMinutes > 0 && since(m_lastCheckpoint) > everyMinutes * 60; }

    std::int64_t trainedNumbers() const { return m_optimizer.state()[0].numel(); }

    /// Dropout's masks depend on the step alone, so that a resumed run draws the same.
    void seedDropout() const
    {
        if (m_job.loraDropout > 0)
            at::manual_seed(Random::of(m_job.seed, 1, static_cast<std::uint64_t>(m_position.step)).next());
    }

    void resume()
    {
        m_position.base = m_base;
        if (!m_options.resume)
            return;
        if (const auto position = readCheckpoint(m_directory.folder(), m_optimizer,
                                                 [this](const std::string& damaged) { warn(damaged); })) {
            requireSameBase(m_job, m_directory.folder(), position->base, m_base);
            m_position = *position;
            m_position.base = m_base;
            m_checkpointed = m_position.step;
            m_runner.restore(m_position.pending);
        }
        say("resumed at step " + std::to_string(m_position.step));
        m_status.watched = m_position.watched;
        m_events.restart(m_position.step + 1);
        m_directory.forgetAfter(metricsName, m_position.step, m_position.evaluated);
        forgetSamples();
        if (m_status.alert && m_status.alert->step > m_position.step)
            m_status.alert.reset();
        tell(RunEventKind::Resumed, "The run was resumed.");
        m_intervalTokens = m_position.tokens;
    }

    void say(const std::string& message) const
    {
        m_directory.log(message);
        if (m_options.message)
            m_options.message(message);
    }

    /// A line of metrics.jsonl beside its values.
    void tell(RunEventKind kind, const std::string& sentence, const std::string& remedy = {})
    {
        const RunEvent event{kind, m_position.step, m_position.seconds, sentence, remedy};
        m_directory.append(metricsName, nlohmann::json(event));
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
            m_events.scalar("loss/" + name, loss.mean, m_position.step);
            line += figure(name, loss.mean);
            alert(m_watch.loss(name, loss.mean));
        }
        m_status.loss = total / static_cast<double>(std::max<std::int64_t>(1, count));
        if (m_data.validation.empty() && std::isfinite(m_status.loss))
            alert(m_watch.stale(m_status.loss));
        const double seconds = since(m_intervalStart);
        m_status.tokensPerSecond = static_cast<double>(m_position.tokens - m_intervalTokens) / std::max(seconds, 1e-9);
        m_intervalStart = Clock::now();
        m_intervalTokens = m_position.tokens;
        m_events.scalar("loss", m_status.loss, m_position.step);
        m_events.scalar("learning_rate", m_rate, m_position.step);
        m_events.scalar("gradient_norm", report.gradientNorm, m_position.step);
        m_events.scalar("tokens_per_s", m_status.tokensPerSecond, m_position.step);
        m_events.flush();
        m_directory.append(metricsName,
                           {{"step", m_position.step},
                            {"seconds", m_position.seconds},
                            {"tokens", m_position.tokens},
                            {"learning_rate", m_rate},
                            {"gradient_norm", report.gradientNorm},
                            {"tokens_per_s", m_status.tokensPerSecond},
                            {"peak_bytes", peakBytes(m_network.options().device)},
                            {"loss", m_status.loss},
                            {"losses", losses}});
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
        m_directory.status().write(m_status);
    }

    /// Evaluates, unless it is asked to stop meanwhile: then a resumed run does it again from the start.
    void evaluateNow()
    {
        if (m_position.evaluated == m_position.step)
            return;
        try {
            if (!m_data.validation.empty())
                validateModel();
            if (m_job.keepModels)
                exportTo(keptFolder(m_directory.folder(), m_position.step));
            m_position.evaluated = m_position.step;
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Cancelled)
                throw;
            forgetSamples();
        }
    }

    /// Drops samples of evaluations that did not come to their end.
    void forgetSamples() const { m_directory.forgetAfter(samplesName, m_position.evaluated, m_position.evaluated); }

    void validateModel()
    {
        const at::NoGradGuard guard;
        const auto model = modelOf(m_network, m_data.tokenizer);
        const auto write = [this](nlohmann::json line) {
            line["step"] = m_position.step;
            m_directory.append(samplesName, line);
        };
        const auto found = validate(*model, m_job, m_data.validation, write, {[this] { giveWay(); }, m_stop});
        if (found.watched && std::isfinite(found.watched->second))
            track(found.watched->first, found.watched->second);
        else if (found.watched)
            alert(m_watch.loss("the validation", found.watched->second));
        if (found.autoencoding) {
            alert(m_watch.collapsed(found.accuracy, found.bleu));
            alert(m_watch.stuck(*found.autoencoding, found.nothing.value_or(NAN), progress()));
        }
        std::string line = "validation";
        for (const auto& [name, value] : found.values.items()) {
            m_events.scalar("validation/" + name, value.get<double>(), m_position.step);
            line += figure(name, value);
        }
        m_events.flush();
        m_directory.append(metricsName,
                           {{"step", m_position.step}, {"seconds", m_position.seconds}, {"validation", found.values}});
        if (m_options.message)
            m_options.message(line);
        writeStatus();
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
        m_directory.flush(metricsName);
        m_directory.flush(samplesName);
        if (m_checkpointed != m_position.step) {
            writeCheckpoint(m_directory.folder(), m_position, m_optimizer, m_job.keepCheckpoints,
                            [this](const std::filesystem::path& folder) { exportTo(folder); });
            tell(RunEventKind::Checkpoint, "A checkpoint was written.");
            lookAtDisk();
        }
        m_checkpointed = m_position.step;
        m_lastCheckpoint = Clock::now();
        exportTo(m_directory.folder() / "model");
        writeStatus();
    }

    void lookAtDisk()
    {
        std::int64_t needed = 0;
        for (const auto& checkpoint : checkpointsOf(m_directory.folder(), m_status))
            if (checkpoint.step == m_position.step)
                needed += checkpoint.bytes;
        std::error_code fault;
        if (const auto space = std::filesystem::space(m_directory.folder(), fault); !fault)
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
    const TrainOptions& m_options;
    const RunDirectory& m_directory;
    std::stop_token m_stop;
    BaseHashes m_base; ///< what the run is pinned to
    std::string m_configText;
    TrainData m_data;
    TrainNetwork m_network;
    Optimizer m_optimizer;
    BatchSource m_source;
    StepRunner m_runner;
    EventFile m_events;
    TrainWatch m_watch;
    DeviceWatch m_device;
    TrainPosition m_position;
    RunStatus m_status;
    double m_rate = 0;
    std::int64_t m_checkpointed = -1; ///< step of the last checkpoint
    Clock::time_point m_lastCheckpoint;
    Clock::time_point m_intervalStart;
    std::int64_t m_intervalTokens = 0;
};

/// How far a call came.
enum class Reached { Nothing, Folder, Training };

/// @param reached is set on the way
RunStatus trainIn(const TrainJob& job, const std::string& jobText, const TrainOptions& options,
                  const std::stop_token& stop, Reached& reached)
{
    std::vector<std::string> changes;
    if (options.resume)
        changes = requireSameInputs(options.run, job, jobText, options.acceptChanges, stop);
    const RunDirectory directory(options.run, options.resume);
    reached = Reached::Folder;
    if (!options.resume)
        writeFile(options.run / "config.json", jobText);
    for (const auto& change : changes)
        directory.log("Accepted: " + change);
    auto status = options.resume ? lastRunStatus(options.run) : RunStatus();
    status.state = RunState::Preparing;
    status.stage = stageName(job.stage);
    status.reason.clear();
    status.paused.clear();
    directory.status().write(status);
    const auto end = [&](RunState state, const std::string& reason) {
        status = lastRunStatus(options.run);
        status.state = state;
        status.reason = reason;
        status.paused.clear();
        directory.log(reason);
        directory.status().writeLast(status);
    };
    TrainOptions watched = options; // what it does before the first step takes minutes on a large base
    ProgressMeter meter(reportEvery);
    watched.progress = [&](const Progress& progress) {
        if (options.progress)
            options.progress(progress);
        const auto reading = reached == Reached::Training ? std::nullopt : meter.read(progress);
        if (!reading)
            return;
        status.paused = progress.phase
            + (reading->fraction ? ": " + std::to_string(std::lround(*reading->fraction * 100)) + " %." : ".");
        directory.status().write(status);
    };
    DevicePlace place(options.device, options.run);
    const auto await = [&](std::int64_t before) {
        status.state = RunState::Waiting;
        status.paused = before == 0
            ? "Waits until the runs on " + options.device + " have ended."
            : "Waits for " + options.device + "; before it in the queue: " + std::to_string(before) + ".";
        directory.status().write(status);
    };
    try {
        if (options.queue)
            place.await(stop, await);
        else
            place.share();
        status.state = RunState::Preparing;
        status.paused.clear();
        directory.status().write(status);
        if (!options.resume)
            writeRunInputs(options.run, job, jobText, stop);
        Trainer trainer(job, watched, directory, status, stop);
        reached = Reached::Training;
        return trainer.run();
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::Cancelled) {
            end(RunState::Stopped, "Stopped on request before the first step.");
            return status;
        }
        end(RunState::Failed, error.message() + (error.remedy().empty() ? "" : " " + error.remedy()));
        throw;
    } catch (const std::exception& error) {
        end(RunState::Failed, compat::isOutOfMemory(error) ? "Memory ran out." : error.what());
        compat::rethrowOutOfMemory(error, "training", options.device);
        throw;
    }
}

} // namespace

RunStatus train(const TrainJob& job, const std::string& jobText, const TrainOptions& named, const std::stop_token& stop)
{
    compat::allowTf32(false);
    checkTrainJob(job, named.device);
    auto options = named;
    options.device = chooseDevice(named.device).device.str(); // which is the one that is waited for
    std::error_code ignored;
    const bool made = !options.resume
        && (!std::filesystem::exists(options.run, ignored) || std::filesystem::is_empty(options.run, ignored));
    auto reached = Reached::Nothing;
    try {
        return trainIn(job, jobText, options, stop, reached);
    } catch (const Error&) { // what can train nothing leaves no run
        if (made && reached == Reached::Folder)
            removeTree(options.run);
        throw;
    }
}

void prepareCorpora(const TrainJob& job, const TrainOptions& options, const std::stop_token& stop)
{
    checkTrainJob(job, options.device);
    loadTrainData(job, options, stop);
}

} // namespace icae

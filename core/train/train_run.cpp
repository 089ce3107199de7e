#include "train/trainer.h"

#include "input/remove_tree.h"
#include "protocol/error.h"
#include "protocol/progress.h"
#include "runs/device_queue.h"
#include "tensor/atomic_file.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "train/job_check.h"
#include "train/ranks.h"
#include "train/run_inputs.h"
#include "train/setup.h"
#include "train/train_loop.h"

#include <cmath>
#include <optional>

namespace icae {

namespace {

constexpr auto reportEvery = std::chrono::milliseconds(500);

/// How far a call came.
enum class Reached { Nothing, Folder, Training };

/// The run of rank 0, which has its folder, or a part in it.
class Run {
public:
    /// @param reached is set on the way
    Run(const TrainJob& job, const std::string& jobText, const TrainOptions& options, const std::stop_token& stop,
        Reached& reached)
        : m_job(job)
        , m_jobText(jobText)
        , m_options(options)
        , m_stop(stop)
        , m_reached(reached)
        , m_place(options.device, options.run)
    {
        m_status.stage = stageName(job.stage);
    }

    RunStatus train()
    {
        if (m_options.place.first())
            takeFolder();
        std::optional<Ranks> ranks;
        try {
            takeDevice();
            if (m_directory && !m_options.resume)
                writeRunInputs(m_options.run, m_job, m_jobText, m_stop);
            Ranks::Settings settings;
            settings.place = m_options.place;
            settings.device = chooseDevice(m_options.device).device;
            settings.patience = m_options.patience;
            settings.stop = m_stop;
            settings.lastWords = [this](const Error& error) { end(RunState::Failed, sentenceOf(error)); };
            ranks.emplace(std::move(settings));
            const auto watched = withProgress();
            return trainInRun(m_job, m_jobText, watched, m_directory ? &*m_directory : nullptr, m_status, *ranks,
                              [this] { m_reached = Reached::Training; });
        } catch (const Error& error) {
            if (ranks)
                ranks->fail(error);
            if (error.kind() == ErrorKind::Cancelled) {
                end(RunState::Stopped, "Stopped on request before the first step.");
                return m_status;
            }
            end(RunState::Failed, sentenceOf(error));
            throw;
        } catch (const std::exception& error) {
            const std::string reason = compat::isOutOfMemory(error) ? "Memory ran out." : error.what();
            if (ranks)
                ranks->fail({compat::isOutOfMemory(error) ? ErrorKind::OutOfMemory : ErrorKind::Internal,
                             reason.substr(0, reason.find('\n')),
                             {}});
            end(RunState::Failed, reason);
            compat::rethrowOutOfMemory(error, "training", m_options.device);
            throw;
        }
    }

private:
    static std::string sentenceOf(const Error& error)
    {
        return error.message() + (error.remedy().empty() ? "" : " " + error.remedy());
    }

    void takeFolder()
    {
        std::vector<std::string> changes;
        if (m_options.resume)
            changes = requireSameInputs(m_options.run, m_job, m_jobText, m_options.acceptChanges, m_stop);
        m_directory.emplace(m_options.run, m_options.resume);
        m_reached = Reached::Folder;
        if (!m_options.resume)
            writeFile(m_options.run / "config.json", m_jobText);
        for (const auto& change : changes)
            m_directory->log("Accepted: " + change);
        if (m_options.resume)
            m_status = lastRunStatus(m_options.run);
        m_status.state = RunState::Preparing;
        m_status.stage = stageName(m_job.stage);
        m_status.reason.clear();
        m_status.paused.clear();
        write();
    }

    void write() const
    {
        if (m_directory)
            m_directory->status().write(m_status);
    }

    void end(RunState state, const std::string& reason)
    {
        if (!m_directory)
            return;
        m_status = lastRunStatus(m_options.run);
        m_status.state = state;
        m_status.reason = reason;
        m_status.paused.clear();
        m_directory->log(reason);
        m_directory->status().writeLast(m_status);
    }

    /// What it does before the first step takes minutes on a large base, and is told.
    TrainOptions withProgress()
    {
        auto watched = m_options;
        watched.progress = [this, meter = ProgressMeter(reportEvery)](const Progress& progress) mutable {
            if (m_options.progress)
                m_options.progress(progress);
            const auto reading = m_reached == Reached::Training ? std::nullopt : meter.read(progress);
            if (!reading)
                return;
            m_status.paused = progress.phase
                + (reading->fraction ? ": " + std::to_string(std::lround(*reading->fraction * 100)) + " %." : ".");
            write();
        };
        return watched;
    }

    void takeDevice()
    {
        const bool beside = !m_options.place.first() && m_options.device == "cpu"; // rank 0 has it, for all
        if (m_options.queue && !beside)
            m_place.await(m_stop, [this](std::int64_t before) {
                m_status.state = RunState::Waiting;
                m_status.paused = before == 0
                    ? "Waits until the runs on " + m_options.device + " have ended."
                    : "Waits for " + m_options.device + "; before it in the queue: " + std::to_string(before) + ".";
                write();
            });
        else
            m_place.share();
        m_status.state = RunState::Preparing;
        m_status.paused.clear();
        write();
    }

    const TrainJob& m_job;
    const std::string& m_jobText;
    const TrainOptions& m_options;
    const std::stop_token& m_stop;
    Reached& m_reached;
    DevicePlace m_place;
    std::optional<RunDirectory> m_directory;
    RunStatus m_status;
};

} // namespace

RunStatus train(const TrainJob& job, const std::string& jobText, const TrainOptions& named, const std::stop_token& stop)
{
    compat::allowTf32(false);
    auto options = named;
    if (!options.place.alone())
        prepareRankEnvironment();
    options.device = rankDevice(named.device, named.place); // which is the one that is waited for
    if (!options.place.alone())
        requireRankGroup(chooseDevice(options.device).device);
    checkTrainJob(job, options.device, {HashOptions::Effort::Remembered, options.progress, stop});
    std::error_code ignored;
    const bool made = options.place.first() && !options.resume
        && (!std::filesystem::exists(options.run, ignored) || std::filesystem::is_empty(options.run, ignored));
    auto reached = Reached::Nothing;
    try {
        return Run(job, jobText, options, stop, reached).train();
    } catch (const Error&) { // what can train nothing leaves no run
        if (made && reached == Reached::Folder)
            removeTree(options.run);
        throw;
    }
}

void prepareCorpora(const TrainJob& job, const TrainOptions& options, const std::stop_token& stop)
{
    checkTrainJob(job, options.device, {HashOptions::Effort::Remembered, options.progress, stop});
    loadTrainData(job, options, stop);
}

} // namespace icae

#include "study/study.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/json_text.h"
#include "runs/device_turn.h"
#include "runs/run_directory.h"
#include "runs/run_reader.h"
#include "study/grid.h"
#include "study/meter.h"
#include "study/rate.h"
#include "study/recorded.h"
#include "tensor/atomic_file.h"
#include "tensor/compat.h"

#include <algorithm>
#include <chrono>

namespace icae {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto statusInterval = std::chrono::seconds(1);

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The models of a study, loaded when they are first needed; where memory is too short, the others go.
class StudyModels {
public:
    StudyModels(const StudySpec& spec, std::vector<FoundModel> found)
        : m_found(std::move(found))
        , m_loaded(m_found.size())
    {
        m_options.device = spec.device;
        m_options.dtype = spec.dtype;
    }

    const std::vector<FoundModel>& found() const { return m_found; }

    std::shared_ptr<const Model> get(std::size_t index, const std::stop_token& stop)
    {
        auto& model = m_loaded[index];
        if (!model) {
            try {
                model = Model::load(m_found[index].paths, m_options, {}, stop);
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::OutOfMemory)
                    throw;
                for (auto& other : m_loaded)
                    other.reset();
                returnFreedMemory();
                model = Model::load(m_found[index].paths, m_options, {}, stop);
            }
        }
        return model;
    }

private:
    std::vector<FoundModel> m_found;
    std::vector<std::shared_ptr<const Model>> m_loaded;
    Model::Options m_options;
};

/// What a spec comes to once its models are at hand.
class Study {
public:
    Study(StudySpec spec, const std::stop_token& stop)
        : m_models(spec, findStudyModels(spec))
        , m_first(m_models.get(0, stop))
        , m_spec(withDefaults(std::move(spec), m_first->hasAdapter() ? &m_first->adapter().config : nullptr))
        , m_cells(cellsOf(m_spec, m_models.found(),
                          m_first->hasAdapter() ? m_first->adapter().config.spanTokens : std::int64_t{0}))
        , m_units(unitsOf(m_spec, m_cells.size()))
    {
        m_data.texts = readStudyTexts(m_spec.texts);
        if (!m_spec.questions.empty())
            m_data.questions = readQuestions(m_spec.questions);
    }

    const StudySpec& spec() const { return m_spec; }
    const std::vector<GridCell>& cells() const { return m_cells; }
    const std::vector<StudyUnit>& units() const { return m_units; }
    const Model& first() const { return *m_first; }
    std::int64_t samples() const { return std::ssize(m_cells) * m_spec.windows; }

    StudyConfig config(const std::string& version, const std::stop_token& stop)
    {
        StudyConfig config{m_spec, {}, std::ssize(m_cells), samples(), {}, {}, version};
        config.device = describeDevice(m_first->device().device);
        config.dtype = dtypeName(m_first->weights().dtype());
        for (std::size_t i = 0; i < m_models.found().size(); ++i) {
            const auto& found = m_models.found()[i];
            const auto model = m_models.get(i, stop);
            config.models.push_back({found.name, found.paths.base.string(), found.paths.adapter.string(),
                                     model->baseHashes().weights, model->adapterHash(), found.step});
        }
        return config;
    }

    std::vector<StudySample> measure(const StudyUnit& unit, const StudyPace& pace)
    {
        const auto& [cell, model] = m_cells[unit.cell];
        if (m_meter == nullptr || m_metered != model) {
            m_meter = makeCellMeter({m_spec, m_data, m_models.get(model, pace.stop), m_first});
            m_metered = model;
        }
        return measureCell(*m_meter, cell, unit.first, unit.count, pace);
    }

private:
    StudyModels m_models;
    std::shared_ptr<const Model> m_first;
    StudySpec m_spec;
    std::vector<GridCell> m_cells;
    std::vector<StudyUnit> m_units;
    StudyData m_data;
    std::unique_ptr<CellMeter> m_meter;
    std::size_t m_metered = 0;
};

/// One run of a study.
class StudyRun {
public:
    StudyRun(const StudySpec& spec, const StudyOptions& options, const RunDirectory& directory, RunStatus& status,
             const std::stop_token& stop)
        : m_options(options)
        , m_directory(directory)
        , m_status(status)
        , m_stop(stop)
        , m_study(spec, stop)
        , m_watch(m_study.first().device().device.str())
    {
    }

    void run()
    {
        m_status.device = describeDevice(m_study.first().device().device);
        m_status.steps = m_study.samples();
        writeFile(m_directory.folder() / studyConfigName,
                  jsonText(m_study.config(m_options.version, m_stop), 1) + "\n");
        auto recorded = Recorded::read(m_directory.folder() / studyCellsName);
        if (recorded.damaged() > 0)
            m_status.warnings.push_back(std::to_string(recorded.damaged())
                                        + " lines of cells.jsonl are damaged: what they held is measured again.");
        m_status.state = RunState::Running;
        m_status.step = recorded.size();
        say("measuring " + std::to_string(m_study.samples()) + " samples in " + std::to_string(m_study.cells().size())
            + " cells on " + m_status.device);
        writeStatus();
        const auto before = m_status.seconds;
        const auto start = Clock::now();
        const auto weigh = [&](const StudyUnit& unit) {
            return static_cast<double>(unit.count) * weightOf(m_study.cells()[unit.cell].cell);
        };
        double left = 0; // weight of what is to be measured, …
        double measured = 0; // … and of what has been
        for (const auto& unit : m_study.units())
            left += recorded.has(m_study.cells()[unit.cell].cell, unit.first, unit.count) ? 0 : weigh(unit);
        for (const auto& unit : m_study.units()) {
            if (recorded.has(m_study.cells()[unit.cell].cell, unit.first, unit.count))
                continue;
            if (m_stop.stop_requested())
                break;
            const auto samples = m_study.measure(unit, {[this] { giveWay(); }, m_stop});
            for (const auto& sample : samples)
                if (!recorded.has(sample.cell, sample.index, 1)) {
                    m_directory.append(studyCellsName, FieldWriter::encode(sample));
                    ++m_status.step;
                }
            m_missing += unit.count - std::ssize(samples);
            const auto done = static_cast<double>(m_status.step + m_missing);
            m_status.progress = std::min(1.0, done / static_cast<double>(m_study.samples()));
            const auto worked = secondsSince(start) - m_paused;
            m_status.seconds = before + worked;
            measured += weigh(unit);
            left -= weigh(unit);
            m_status.secondsLeft = worked / measured * std::max(0.0, left);
            if (Clock::now() - m_written > statusInterval)
                writeStatus();
            if (m_options.progress)
                m_options.progress({"Measuring", done, static_cast<double>(m_study.samples()), "samples"});
        }
        m_directory.flush(studyCellsName);
        if (m_stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "The study was stopped.", {});
        if (m_status.step == 0)
            throw Error(ErrorKind::InvalidInput, "The texts are too short for any window of this study.",
                        "Give longer texts, or shorter lengths.");
        if (m_missing > 0)
            m_status.warnings.push_back("The texts gave " + std::to_string(m_missing)
                                        + " windows fewer than were asked for.");
    }

private:
    void say(const std::string& message) const
    {
        m_directory.log(message);
        if (m_options.message)
            m_options.message(message);
    }

    void writeStatus()
    {
        m_written = Clock::now();
        m_directory.status().write(m_status);
    }

    void giveWay()
    {
        m_paused += m_watch
                        .giveWay(m_stop,
                                 [this](bool paused) {
                                     m_status.paused = paused ? pausedForAnEngine : std::string();
                                     writeStatus();
                                 })
                        .count();
    }

    const StudyOptions& m_options;
    const RunDirectory& m_directory;
    RunStatus& m_status;
    std::stop_token m_stop;
    Study m_study;
    DeviceWatch m_watch;
    double m_paused = 0; ///< seconds
    std::int64_t m_missing = 0; ///< samples that the texts do not give
    Clock::time_point m_written;
};

} // namespace

RunStatus runStudy(const StudySpec& spec, const StudyOptions& options, const std::stop_token& stop)
{
    compat::allowTf32(false);
    requireNoProblems(spec, "The study");
    const RunDirectory directory(options.run, options.resume, RunKind::Study);
    auto status = options.resume ? lastRunStatus(options.run) : RunStatus();
    if (!options.resume) {
        StudyConfig config;
        config.spec = spec;
        config.version = options.version;
        writeFile(options.run / studyConfigName, jsonText(config, 1) + "\n");
    }
    status.kind = RunKind::Study;
    status.state = RunState::Preparing;
    status.stage = nameOf(spec.kind);
    status.reason.clear();
    status.warnings.clear();
    status.paused.clear();
    directory.status().write(status);
    const auto end = [&](RunState state, const std::string& reason) {
        status.state = state;
        status.reason = reason;
        status.paused.clear();
        status.secondsLeft = state == RunState::Finished ? 0 : status.secondsLeft;
        try {
            directory.log(reason);
        } catch (const Error&) { // NOLINT(bugprone-empty-catch): the status says so
        }
        directory.status().writeLast(status);
    };
    try {
        StudyRun(spec, options, directory, status, stop).run();
        end(RunState::Finished, "The study is done.");
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::Cancelled) {
            end(RunState::Stopped, "Stopped on request.");
            return status;
        }
        end(RunState::Failed, error.message() + (error.remedy().empty() ? "" : " " + error.remedy()));
        throw;
    } catch (const std::exception& error) {
        end(RunState::Failed, compat::isOutOfMemory(error) ? "Memory ran out." : error.what());
        compat::rethrowOutOfMemory(error, "the study", spec.device);
        throw;
    }
    return status;
}

StudyEstimate estimateStudy(const StudySpec& spec, const ProgressCallback& progress, const std::stop_token& stop)
{
    requireNoProblems(spec, "The study");
    if (progress)
        progress({"Measuring the first unit", 0, 0, "samples"});
    Study study(spec, stop);
    const auto& unit = study.units().front();
    study.measure(unit, {{}, stop}); // the first forward of a process is slower
    const auto start = Clock::now();
    study.measure(unit, {{}, stop});
    const auto weight = static_cast<double>(unit.count) * weightOf(study.cells()[unit.cell].cell);
    auto estimate = estimateAt(secondsSince(start) / weight, study.spec(), study.cells());
    estimate.device = describeDevice(study.first().device().device);
    return estimate;
}

} // namespace icae

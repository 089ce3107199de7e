#include "engine/run_desk.h"

#include "engine/engine_settings.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/json_text.h"
#include "runs/device_queue.h"
#include "runs/places.h"
#include "runs/run_control.h"
#include "runs/run_index.h"
#include "runs/run_reader.h"
#include "study/rate.h"
#include "study/spec.h"
#include "study/texts.h"
#include "tensor/atomic_file.h"
#include "text/text_file.h"
#include "train/estimate.h"
#include "train/extend.h"
#include "train/job_report.h"

#include <set>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto specName = "the spec";

void requireSound(const TrainCheck& check)
{
    if (!check.problems.empty())
        throw Error(ErrorKind::InvalidInput, check.problems.front().problem, check.problems.front().remedy);
}

} // namespace

fs::path RunDesk::runsFolder() const
{
    const std::scoped_lock lock(m_mutex);
    const auto settings = readEngineSettings();
    return settings.runs.empty() ? defaultRunsFolder() : fs::path(settings.runs);
}

fs::path RunDesk::folderOf(const std::string& named) const
{
    return named.empty() ? runsFolder() : fs::path(named);
}

RunList RunDesk::list(const ListRunsParams& params) const
{
    RunList list;
    list.folder = runsFolder().string();
    std::set<std::string> seen;
    const auto add = [&](const fs::path& folder) {
        for (const auto& run : listRuns(folder))
            if (auto info = describeRun(run.folder); seen.insert(info.run).second)
                list.runs.push_back(std::move(info));
    };
    std::error_code fault;
    if (fs::is_directory(list.folder, fault)) // it is made with the first run
        add(list.folder);
    for (const auto& folder : params.folders) {
        try {
            add(folder);
        } catch (const Error& error) {
            list.problems.push_back({folder, error.message(), error.remedy()});
        }
    }
    return list;
}

RunContent RunDesk::read(const ReadRunParams& params) const
{
    return readRun(params);
}

RunInfo RunDesk::start(const StartRunParams& params) const
{
    const auto folder = folderOf(params.folder);
    if (params.kind == RunKind::Study)
        requireNoProblems(specOf({params.spec, params.folder}), specName);
    else
        requireSound(reportOnJob(params.spec, folder));
    return describeRun(startRun(params.kind, params.spec, runsFolder(), params.name, folder, params.queue));
}

RunInfo RunDesk::stop(const RunParams& params) const
{
    stopRun(params.run);
    return describeRun(params.run);
}

RunInfo RunDesk::resume(const ResumeRunParams& params) const
{
    resumeRun(params);
    return describeRun(params.run);
}

RunQueue RunDesk::queue(const RunQueueParams& params) const
{
    return params.run.empty() ? deviceQueues() : moveInQueue(params.run, params.place);
}

ExtendedRun RunDesk::extend(const ExtendRunParams& params) const
{
    auto rule = extendTraining(params.run, params.steps, params.minutes);
    resumeRun({params.run, {}, false, params.queue});
    return {describeRun(params.run), std::move(rule)};
}

RunInfo RunDesk::rename(const RenameRunParams& params) const
{
    return describeRun(renameRun(params.run, params.name));
}

DeletedRun RunDesk::discard(const RunParams& params) const
{
    return deleteRun(params.run);
}

RunInfo RunDesk::restore(const DeletedRun& params) const
{
    restoreRun(params);
    return describeRun(params.run);
}

RunsFolder RunDesk::folder(const RunsFolderParams& params)
{
    if (!params.folder.empty()) {
        const std::scoped_lock lock(m_mutex);
        changeEngineFolder(&EngineSettings::runs, params.folder, defaultRunsFolder());
    }
    RunsFolder result;
    result.folder = runsFolder().string();
    result.isDefault = fs::path(result.folder) == defaultRunsFolder();
    std::error_code fault;
    auto existing = fs::path(result.folder);
    while (!fs::exists(existing, fault) && existing.has_relative_path())
        existing = existing.parent_path();
    if (const auto space = fs::space(existing, fault); !fault)
        result.freeBytes = static_cast<std::int64_t>(space.available);
    return result;
}

StudySpec RunDesk::specOf(const StudySpecParams& params) const
{
    return parseStudySpec(params.spec, specName, folderOf(params.folder));
}

StudyCheck RunDesk::check(const StudySpecParams& params) const
{
    StudyCheck check;
    check.sampleTexts = bundledTextNames();
    try {
        auto spec = specOf(params);
        check.problems = problemsOf(spec);
        if (check.problems.empty()) {
            auto outline = outlineOf(spec);
            check.cells = std::ssize(outline.cells);
            check.samples = check.cells * outline.spec.windows;
            spec = std::move(outline.spec);
        }
        check.spec = std::move(spec);
    } catch (const Error& error) {
        check.problems.push_back({{}, error.message(), error.remedy()});
    }
    return check;
}

TrainTemplate RunDesk::jobTemplate(const TrainTemplateParams& params) const
{
    return {params.bundled ? bundledTrainJob() : trainJobTemplate(parseStage(params.stage))};
}

TrainCheck RunDesk::checkJob(const TrainJobParams& params) const
{
    return reportOnJob(params.job, folderOf(params.folder));
}

TrainEstimate RunDesk::estimateJob(const TrainJobParams& params, const std::stop_token& stop) const
{
    const auto folder = folderOf(params.folder);
    requireSound(reportOnJob(params.job, folder));
    return estimateApart(params.job, folder, {}, stop);
}

std::optional<StudyEstimate> RunDesk::estimateByRate(const StudySpecParams& params) const
{
    auto spec = specOf(params);
    requireNoProblems(spec, specName);
    std::error_code fault;
    if (const auto runs = runsFolder(); fs::is_directory(runs, fault))
        return icae::estimateByRate(outlineOf(std::move(spec)), listRuns(runs));
    return {};
}

StudySample RunDesk::sample(const StudySampleParams& params) const
{
    return readSampleAt(params.run, params.offset);
}

} // namespace icae

#include "fake_runs.h"

#include "fake_channel.h"
#include "fake_model.h"
#include "fake_training.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace icae {

namespace {

constexpr std::int64_t mostWindows = 6;
constexpr std::int64_t mostSlots = 128;
constexpr std::int64_t reference = 1000; ///< a sample's offset: its cell's number times this, and its index

template <typename Params> Params paramsOf(const RpcMessage& message)
{
    return fromJson<Params>(JsonReader(message.params, "test"));
}

StudySpec withDefaults(const std::string& text)
{
    auto spec = fromJson<StudySpec>(JsonReader(nlohmann::json::parse(text), "spec"));
    if (spec.lengths.empty())
        spec.lengths = {64, 256};
    if (spec.slots.empty())
        spec.slots = {32, mostSlots};
    if (spec.windows == 0)
        spec.windows = mostWindows;
    return spec;
}

std::vector<StudyCell> cellsOf(const StudySpec& spec)
{
    std::vector<StudyCell> cells;
    for (const auto length : spec.lengths)
        for (const auto slots : spec.slots) {
            StudyCell cell;
            cell.model = "nano";
            cell.tokens = length;
            cell.slots = slots;
            cells.push_back(cell);
        }
    return cells;
}

StudySample sampleOf(const StudySpec& spec, std::int64_t number, std::int64_t index)
{
    StudySample sample;
    sample.cell = cellsOf(spec).at(static_cast<std::size_t>(number));
    sample.index = index;
    sample.text = "samples/story";
    sample.bleu = 1 - 0.02 * static_cast<double>(index * (number + 1));
    sample.em = *sample.bleu / 2;
    sample.loss = 1 - *sample.bleu;
    sample.offset = number * reference + index;
    return sample;
}

StudyCheck checked(const std::string& text)
{
    StudyCheck check;
    check.spec = withDefaults(text);
    check.cells = std::ssize(cellsOf(*check.spec));
    check.samples = check.cells * check.spec->windows;
    if (check.spec->models.empty())
        check.problems.push_back({"models", "There is no model.", "Name one."});
    for (std::size_t i = 0; i < check.spec->slots.size(); ++i)
        if (check.spec->slots[i] > mostSlots)
            check.problems.push_back(
                {"slots[" + std::to_string(i) + "]", "The model has 128 slots at most.", "Choose fewer."});
    return check;
}

/// The machine of the fake engine has a home folder with a folder of texts in it.
void listFolder(const RequestId& id, const std::string& folder)
{
    if (folder.empty() || folder == "/home/there")
        FakeChannel::answer(id, FileList{"/home/there", "/home", {{"texts", true, 0}, {"notes.txt", false, 12}}, 0});
    else if (folder == "/home/there/texts")
        FakeChannel::answer(
            id,
            FileList{folder, "/home/there", {{"a.txt", false, 2000}, {"b.jsonl", false, 7}, {"c.bin", false, 1}}, 0});
    else
        FakeChannel::refuse(id,
                            Error(ErrorKind::NotFound, "There is no folder " + folder + ".", "Choose another one."));
}

Error unknown(const std::string& run)
{
    return Error(ErrorKind::NotFound, "There is no run " + run + ".", "List the runs.");
}

} // namespace

FakeRuns::FakeRuns()
{
    if (const char* file = std::getenv("ICAE_FAKE_DEADLY")) { // NOLINT(concurrency-mt-unsafe): one thread
        m_deadly = file;
        add({RunKind::Study, R"({"kind": "length"})", "deadly", {}});
    }
}

FakeRuns::Run* FakeRuns::find(const std::string& run)
{
    const auto found = std::find_if(m_runs.begin(), m_runs.end(), [&](const Run& one) { return one.info.run == run; });
    return found == m_runs.end() ? nullptr : &*found;
}

void FakeRuns::start(const RequestId& id, const StartRunParams& params)
{
    if (params.name.starts_with("refused")) {
        FakeChannel::refuse(id, Error(ErrorKind::Io, "The runs folder is full.", "Make room, or set another one."));
        return;
    }
    FakeChannel::answer(id, params.kind == RunKind::Training ? addTraining(params) : add(params));
}

const RunInfo& FakeRuns::add(const StartRunParams& params)
{
    Run run;
    run.config.spec = withDefaults(params.spec);
    run.config.models = {{"nano", "/models/nano/base", "/models/nano/reconstruct", "0123456789", "9876543210", 0}};
    run.config.cells = std::ssize(cellsOf(run.config.spec));
    run.config.samples = run.config.cells * mostWindows;
    run.config.device = "CPU (2 threads)";
    run.config.version = "fake";
    run.info.run = "/runs/" + params.name;
    run.info.name = params.name;
    run.info.writable = true;
    run.info.changed = std::ssize(m_runs);
    auto& status = run.info.status;
    status.kind = RunKind::Study;
    status.steps = run.config.samples;
    status.seconds = 2;
    run.windows = 2;
    if (params.name.starts_with("live")) {
        status.state = RunState::Running;
        status.secondsLeft = 8;
        run.windows = 0;
    } else if (params.name.starts_with("failed")) {
        status.state = RunState::Failed;
        status.reason = "The disk is full. Make room and resume the study.";
    } else if (params.name.starts_with("waiting")) {
        status.state = RunState::Waiting;
        status.paused = "It waits for the runs before it.";
        run.windows = 0;
    } else if (params.name.starts_with("died") || params.name.starts_with("moved")) {
        status.state = RunState::Died;
        status.reason = "Its process is gone.";
    } else {
        status.state = RunState::Finished;
        run.windows = mostWindows;
    }
    status.step = run.windows * run.config.cells;
    status.progress = static_cast<double>(run.windows) / mostWindows;
    m_runs.push_back(run);
    return m_runs.back().info;
}

const RunInfo& FakeRuns::addTraining(const StartRunParams& params)
{
    add({RunKind::Study, R"({"kind": "length"})", params.name, {}});
    auto& run = m_runs.back();
    run.job = params.spec;
    auto& status = run.info.status;
    status.kind = RunKind::Training;
    status.stage = "adapter";
    status.steps = fake_training::steps;
    status.step = status.state == RunState::Running ? 0
        : status.state == RunState::Finished        ? status.steps
                                                    : 2 * fake_training::evaluateEvery;
    status.progress = static_cast<double>(status.step) / static_cast<double>(status.steps);
    status.tokensPerSecond = 10000;
    return run.info;
}

void FakeRuns::readTraining(const RequestId& id, Run& run, std::int64_t since)
{
    auto& status = run.info.status;
    if (status.state == RunState::Running) {
        status.step = std::min(status.step + 200, status.steps);
        status.progress = static_cast<double>(status.step) / static_cast<double>(status.steps);
        if (status.step == status.steps) {
            status.state = RunState::Finished;
            status.reason = "The job is done.";
        }
    }
    auto content = fake_training::content(run.info, run.job, since, status.step);
    content.position.metrics.offset = status.step;
    FakeChannel::answer(id, content);
}

void FakeRuns::extend(const RequestId& id, const ExtendRunParams& params)
{
    auto* run = find(params.run);
    if (run == nullptr) {
        FakeChannel::refuse(id, unknown(params.run));
        return;
    }
    run->info.status.steps += params.steps.value_or(0);
    run->info.status.state = RunState::Running;
    FakeChannel::answer(id, ExtendedRun{run->info, "The rate falls to its end anew."});
}

void FakeRuns::read(const RequestId& id, const ReadRunParams& params)
{
    auto* run = find(params.run);
    if (run == nullptr) {
        FakeChannel::refuse(id, unknown(params.run));
        return;
    }
    if (run->info.name == "deadly" && !std::filesystem::exists(m_deadly)) {
        std::ofstream(m_deadly) << '.';
        raise(SIGKILL);
    }
    if (run->info.status.kind == RunKind::Training) {
        readTraining(id, *run, params.since.metrics.offset);
        return;
    }
    auto& status = run->info.status;
    if (status.state == RunState::Running && run->windows < mostWindows) {
        ++run->windows;
        status.step = run->windows * run->config.cells;
        status.progress = static_cast<double>(run->windows) / mostWindows;
        if (run->windows == mostWindows)
            status.state = RunState::Finished;
    }
    RunContent content;
    content.study = run->config;
    for (auto index = params.since.cells.offset; index < run->windows; ++index)
        for (std::int64_t cell = 0; cell < run->config.cells; ++cell)
            content.cells.samples.push_back(sampleOf(run->config.spec, cell, index));
    content.info = run->info;
    content.position.cells.offset = run->windows;
    FakeChannel::answer(id, content);
}

void FakeRuns::sample(const RequestId& id, const StudySampleParams& params)
{
    const auto* run = find(params.run);
    if (run == nullptr) {
        FakeChannel::refuse(id, unknown(params.run));
        return;
    }
    auto sample = sampleOf(run->config.spec, params.offset / reference, params.offset % reference);
    sample.reference = "The clock at the pier struck 12 times. Harbour lights went out. Nobody saw it. Then came rain.";
    sample.written = miswritten(sample.reference);
    FakeChannel::answer(id, sample);
}

void FakeRuns::rename(const RequestId& id, const RenameRunParams& params)
{
    auto* run = find(params.run);
    if (run == nullptr || find("/runs/" + params.name) != nullptr) {
        FakeChannel::refuse(
            id, Error(ErrorKind::InvalidInput, "There is a run " + params.name + ".", "Choose another name."));
        return;
    }
    run->info.run = "/runs/" + params.name;
    run->info.name = params.name;
    FakeChannel::answer(id, run->info);
}

void FakeRuns::change(const RequestId& id, const std::string& name, RunState state)
{
    auto* run = find(name);
    if (run == nullptr) {
        FakeChannel::refuse(id, unknown(name));
        return;
    }
    run->info.status.state = state;
    run->info.status.reason.clear();
    FakeChannel::answer(id, run->info);
}

void FakeRuns::resume(const RequestId& id, const ResumeRunParams& params)
{
    const auto* run = find(params.run);
    if (run != nullptr && run->info.name.starts_with("moved") && params.data != "/data")
        FakeChannel::refuse(
            id, Error(ErrorKind::InvalidInput, "The run ended before it began: there is no text.txt.", "Put it there."));
    else
        change(id, params.run, RunState::Running);
}

void FakeRuns::queue(const RequestId& id, const RunQueueParams& params)
{
    const auto waits = [](const Run& run) { return run.info.status.state == RunState::Waiting; };
    if (auto* moved = find(params.run); moved != nullptr) {
        auto run = *moved;
        m_runs.erase(m_runs.begin() + (moved - m_runs.data()));
        auto at = m_runs.begin();
        for (std::int64_t i = 0; at != m_runs.end() && (!waits(*at) || i < params.place); ++at)
            i += waits(*at) ? 1 : 0;
        m_runs.insert(at, run);
    }
    RunQueue queue;
    for (const auto& run : m_runs)
        if (waits(run))
            queue.runs.push_back({run.info.run, "cpu", true});
    FakeChannel::answer(id, queue);
}

bool FakeRuns::take(const RpcMessage& message)
{
    const auto is = [&](const auto& method) { return message.method == method.name; };
    const auto move = [](std::vector<Run>& from, std::vector<Run>& to, const std::string& run) -> RunInfo {
        const auto found = std::find_if(from.begin(), from.end(), [&](const Run& one) { return one.info.run == run; });
        to.push_back(*found);
        from.erase(found);
        return to.back().info;
    };
    if (is(protocol::runsList)) {
        RunList list{"/runs", {}, {}};
        for (const auto& run : m_runs)
            list.runs.push_back(run.info);
        if (std::any_of(m_runs.begin(), m_runs.end(),
                        [](const Run& run) { return run.info.name.starts_with("crooked"); }))
            list.problems.push_back({"/runs/torn", "The status of /runs/torn is damaged.", "Delete that folder."});
        FakeChannel::answer(message.id, list);
    } else if (is(protocol::runsRead)) {
        read(message.id, paramsOf<ReadRunParams>(message));
    } else if (is(protocol::runsStart)) {
        start(message.id, paramsOf<StartRunParams>(message));
    } else if (is(protocol::runsStop)) {
        change(message.id, paramsOf<RunParams>(message).run, RunState::Stopped);
    } else if (is(protocol::runsResume)) {
        resume(message.id, paramsOf<ResumeRunParams>(message));
    } else if (is(protocol::runsQueue)) {
        queue(message.id, paramsOf<RunQueueParams>(message));
    } else if (is(protocol::filesList)) {
        listFolder(message.id, paramsOf<ListFilesParams>(message).folder);
    } else if (is(protocol::runsRename)) {
        rename(message.id, paramsOf<RenameRunParams>(message));
    } else if (is(protocol::runsDelete)) {
        const auto run = paramsOf<RunParams>(message).run;
        move(m_runs, m_trash, run);
        FakeChannel::answer(message.id, DeletedRun{run, "/runs/trash" + run});
    } else if (is(protocol::runsRestore)) {
        FakeChannel::answer(message.id, move(m_trash, m_runs, paramsOf<DeletedRun>(message).run));
    } else if (is(protocol::trainTemplate)) {
        FakeChannel::answer(message.id,
                            TrainTemplate{fake_training::templateOf(paramsOf<TrainTemplateParams>(message))});
    } else if (is(protocol::trainCheck)) {
        FakeChannel::answer(message.id, fake_training::check(paramsOf<TrainJobParams>(message)));
    } else if (is(protocol::trainEstimate)) {
        FakeChannel::answer(message.id,
                            TrainEstimate{90, 0.1, 5, 9000, 2'000'000'000, 8'000'000'000, "CPU (2 threads)", true, {}});
    } else if (is(protocol::runsExtend)) {
        extend(message.id, paramsOf<ExtendRunParams>(message));
    } else if (is(protocol::runsPublish)) {
        FakeChannel::answer(message.id, PublishedRun{paramsOf<PublishRunParams>(message).folder, {"MODEL_CARD.md"}});
    } else if (is(protocol::studyCheck)) {
        FakeChannel::answer(message.id, checked(paramsOf<StudySpecParams>(message).spec));
    } else if (is(protocol::studyEstimate)) {
        FakeChannel::answer(message.id, StudyEstimate{200, 15, 24, "CPU (2 threads)"});
    } else if (is(protocol::studySample)) {
        sample(message.id, paramsOf<StudySampleParams>(message));
    } else {
        return false;
    }
    return true;
}

} // namespace icae

#pragma once

#include "protocol/model_messages.h"
#include "protocol/run_status.h"
#include "protocol/study.h"

namespace icae {

/// All paths of runs are on the engine's machine.

/// A run as lists show it.
struct RunInfo {
    std::string run; ///< folder, absolute: what other requests name it by
    std::string name; ///< its last component
    RunStatus status;
    std::int64_t changed = 0; ///< when something was last written there, seconds since 1970
    bool writable = false; ///< it can be resumed, renamed and deleted by this user

    static void describe(auto& value, auto&& field)
    {
        field.required("run", value.run);
        field("name", value.name);
        field.required("status", value.status);
        field("changed", value.changed);
        field("writable", value.writable);
    }
};

struct ListRunsParams {
    std::vector<std::string> folders; ///< folders of runs, or runs; beside the engine's runs folder

    static void describe(auto& value, auto&& field) { field("folders", value.folders); }
};

struct RunList {
    std::string folder; ///< the engine's runs folder
    std::vector<RunInfo> runs; ///< each once, by path
    std::vector<FolderProblem> problems;

    static void describe(auto& value, auto&& field)
    {
        field("folder", value.folder);
        field("runs", value.runs);
        field("problems", value.problems);
    }
};

/// How far one of a run's files has been read. Opaque but for its beginning, which is a default-constructed one: pass
/// back what the last answer gave.
struct FilePosition {
    std::int64_t offset = 0; ///< bytes
    std::string version; ///< tells the file from one that replaced it, as resuming does

    static void describe(auto& value, auto&& field)
    {
        field("offset", value.offset);
        field("version", value.version);
    }

    bool operator==(const FilePosition&) const = default;
};

struct RunPosition {
    FilePosition metrics;
    FilePosition cells;
    FilePosition samples;
    FilePosition log;
    FilePosition config;

    static void describe(auto& value, auto&& field)
    {
        field("metrics", value.metrics);
        field("cells", value.cells);
        field("samples", value.samples);
        field("log", value.log);
        field("config", value.config);
    }

    bool operator==(const RunPosition&) const = default;
};

struct ReadRunParams {
    std::string run;
    RunPosition since = {};
    bool texts = false; ///< cells with their ids and texts; without: measures alone, which a figure needs
    std::int64_t most = 4 << 20; ///< bytes of each file to read at once, about

    static void describe(auto& value, auto&& field)
    {
        field.required("run", value.run);
        field("since", value.since);
        field("texts", value.texts);
        field("most", value.most);
    }
};

/// What was appended to a file since it was last read: whole lines; one that is not finished yet waits.
struct RunLines {
    std::string lines; ///< JSON lines, or lines of the log
    bool restarted = false; ///< what was read before is to be forgotten: the file was replaced

    static void describe(auto& value, auto&& field)
    {
        field("lines", value.lines);
        field("restarted", value.restarted);
    }
};

struct RunCells {
    std::vector<StudySample> samples;
    bool restarted = false; ///< as above
    std::int64_t damaged = 0; ///< lines that are no samples, and were left out

    static void describe(auto& value, auto&& field)
    {
        field("samples", value.samples);
        field("restarted", value.restarted);
        field("damaged", value.damaged);
    }
};

/// What a training run holds of one of its steps.
struct RunCheckpoint {
    std::int64_t step = 0;
    /// Folder: models/load takes it as an adapter where it keeps one, studies do.
    std::string path;
    /// "state" (the run can go on from it), "adapter", "base" (where the job trains it).
    std::vector<std::string> keeps;
    bool stays = false; ///< kept for good (every.keep_models); others make room for newer ones
    std::optional<double> loss; ///< watched loss of the validation at this step
    bool best = false; ///< where that was least so far
    std::int64_t bytes = 0; ///< on the disk

    static void describe(auto& value, auto&& field)
    {
        field.required("step", value.step);
        field.required("path", value.path);
        field("keeps", value.keeps);
        field("stays", value.stays);
        field("loss", value.loss);
        field("best", value.best);
        field("bytes", value.bytes);
    }
};

struct RunContent {
    RunInfo info;
    RunPosition position; ///< for the next request
    bool more = false; ///< there is more to read at once
    RunLines metrics; ///< of training; of a foreign run {"step", "wall_time", "values": {tag: value}}
    std::vector<RunEvent> events; ///< those among these metrics
    RunLines samples; ///< of training
    RunLines log;
    RunCells cells; ///< of a study
    std::optional<StudyConfig> study; ///< config.json of a study
    std::string job; ///< config.json of a training run, if it is another than at the last reading; else empty
    std::vector<RunCheckpoint> checkpoints; ///< of a training run, all that are there now, by step

    static void describe(auto& value, auto&& field)
    {
        field.required("info", value.info);
        field.required("position", value.position);
        field("more", value.more);
        field("metrics", value.metrics);
        field("samples", value.samples);
        field("log", value.log);
        field("cells", value.cells);
        field("study", value.study);
        field("events", value.events);
        field("job", value.job);
        field("checkpoints", value.checkpoints);
    }
};

struct StartRunParams {
    RunKind kind = RunKind::Study;
    std::string spec; ///< JSON with comments: a study's spec, or a training job
    std::string name = {}; ///< of the run's folder, in the engine's runs folder; empty: made from the spec
    std::string folder = {}; ///< that relative paths of the spec start from; empty: the runs folder
    bool queue = false; ///< of training: wait until the runs before it have left the device

    static void describe(auto& value, auto&& field)
    {
        field.required("kind", value.kind);
        field.required("spec", value.spec);
        field("name", value.name);
        field("folder", value.folder);
        field("queue", value.queue);
    }
};

struct RunParams {
    std::string run;

    static void describe(auto& value, auto&& field) { field.required("run", value.run); }
};

struct ResumeRunParams {
    std::string run;
    std::string data = {}; ///< of training: folder where its data files are now; empty: where they were
    bool acceptChanges = false; ///< of training: go on although job or data are not those it began with; it is noted
    bool queue = false; ///< as StartRunParams

    static void describe(auto& value, auto&& field)
    {
        field.required("run", value.run);
        field("data", value.data);
        field("accept_changes", value.acceptChanges);
        field("queue", value.queue);
    }
};

struct RenameRunParams {
    std::string run;
    std::string name; ///< the new last component of its path

    static void describe(auto& value, auto&& field)
    {
        field.required("run", value.run);
        field.required("name", value.name);
    }
};

/// Where a deleted run went; runs/restore takes it back.
struct DeletedRun {
    std::string run; ///< where it was
    std::string trash; ///< where it is now

    static void describe(auto& value, auto&& field)
    {
        field.required("run", value.run);
        field.required("trash", value.trash);
    }
};

struct RunsFolderParams {
    std::string folder; ///< the new one; empty: only say which it is. "default" goes back to the default

    static void describe(auto& value, auto&& field) { field("folder", value.folder); }
};

/// Where an engine starts runs: $XDG_DATA_HOME/icae/runs unless set. Remembered on the engine's machine.
struct RunsFolder {
    std::string folder;
    bool isDefault = true;
    std::int64_t freeBytes = 0;

    static void describe(auto& value, auto&& field)
    {
        field("folder", value.folder);
        field("is_default", value.isDefault);
        field("free_bytes", value.freeBytes);
    }
};

struct StudyTemplateParams {
    StudyKind kind = StudyKind::Length;

    static void describe(auto& value, auto&& field) { field.required("kind", value.kind); }
};

struct StudyTemplate {
    std::string spec; ///< JSON with comments

    static void describe(auto& value, auto&& field) { field("spec", value.spec); }
};

struct StudySpecParams {
    std::string spec; ///< JSON with comments
    std::string folder = {}; ///< that relative paths start from; empty: the runs folder

    static void describe(auto& value, auto&& field)
    {
        field.required("spec", value.spec);
        field("folder", value.folder);
    }
};

/// A fault of a spec.
struct SpecProblem {
    std::string field; ///< e.g. "models[1].adapter"; empty: of the whole
    std::string problem; ///< a sentence
    std::string remedy;

    static void describe(auto& value, auto&& field)
    {
        field("field", value.field);
        field("problem", value.problem);
        field("remedy", value.remedy);
    }
};

/// What a spec comes to, without loading a model.
struct StudyCheck {
    std::vector<SpecProblem> problems; ///< none: it can be started
    std::optional<StudySpec> spec; ///< with its defaults; absent where it cannot be read
    std::int64_t cells = 0;
    std::int64_t samples = 0; ///< at most: texts may give fewer
    std::vector<std::string> sampleTexts; ///< names of the texts that come with the program

    static void describe(auto& value, auto&& field)
    {
        field("problems", value.problems);
        field("spec", value.spec);
        field("cells", value.cells);
        field("samples", value.samples);
        field("sample_texts", value.sampleTexts);
    }
};

/// How long a study takes, by the rate of another one, or from its first unit, which was measured and timed.
struct StudyEstimate {
    double seconds = 0; ///< in all
    double firstSeconds = 0; ///< until every cell has its first samples
    std::int64_t samples = 0;
    std::string device;
    std::string from = {}; ///< the run whose rate it is; empty: it was measured

    static void describe(auto& value, auto&& field)
    {
        field("from", value.from);
        field("seconds", value.seconds);
        field("first_seconds", value.firstSeconds);
        field("samples", value.samples);
        field("device", value.device);
    }
};

struct StudySampleParams {
    std::string run;
    std::int64_t offset = 0; ///< StudySample::offset

    static void describe(auto& value, auto&& field)
    {
        field.required("run", value.run);
        field.required("offset", value.offset);
    }
};

} // namespace icae

#pragma once

#include "protocol/file_messages.h"
#include "protocol/model_messages.h"
#include "protocol/notifications.h"
#include "protocol/run_messages.h"
#include "protocol/text_messages.h"

#include <cstddef>
#include <cstdint>

/// What the engine (`icae serve`) and its clients agree on: JSON-RPC 2.0 in frames with Content-Length, as the Language
/// Server Protocol has them.
namespace icae::protocol {

/// Changes where a message changes so that the other side no longer understands it.
constexpr std::int64_t version = 1;

/// Longest content of a frame; longer ones are skipped and refused.
constexpr std::size_t longestContent = std::size_t{64} << 20U;

/// Which lane answers a request.
enum class Pace {
    Light, ///< beside a running model request
    Model, ///< one at a time, in order, with progress; a person's before background work
};

/// What both sides know of a request. One place: the engine takes its lane from here, the status line its words.
struct MethodInfo {
    const char* name;
    Pace pace = Pace::Light;
    /// What is being done, for people, e.g. "Compressing"; the window translates it. Empty: never spoken of.
    const char* verb = "";
    bool quiet = false; ///< spoken of only where it reports progress
};

/// A request: what goes in and what comes out.
template <typename Params, typename Result> struct Method : MethodInfo {
};

/// A notification's name, and what it carries.
template <typename Params> struct Notification {
    const char* name;
};

constexpr Method<InitializeParams, InitializeResult> initialize{{"initialize"}}; ///< first of all
constexpr Method<NoParams, EngineStatus> status{{"status"}};
constexpr Method<PlanParams, TextPlan> textPlan{{"text/plan"}};
constexpr Method<ListFilesParams, FileList> filesList{{"files/list"}}; ///< of the engine's machine, to choose from
constexpr Method<NoParams, MemoryList> memoryList{{"memory/list"}};
constexpr Method<MemoryParams, MemoryList> memoryDiscard{{"memory/discard"}};
constexpr Method<PinMemoryParams, MemoryInfo> memoryPin{{"memory/pin"}};
constexpr Method<ExportParams, ExportResult> exportReport{{"export"}};
/// On the model lane, as background work, where it is to hash.
constexpr Method<ListModelsParams, ModelList> modelsList{{"models/list", Pace::Light, "Reading models", true}};

constexpr Method<LoadModelParams, LoadedModel> modelsLoad{{"models/load", Pace::Model, "Loading the model"}};
constexpr Method<UnloadModelParams, EngineStatus> modelsUnload{{"models/unload", Pace::Model, "Unloading the model"}};
constexpr Method<CompressParams, CompressResult> compress{{"compress", Pace::Model, "Compressing"}};
constexpr Method<ScoreParams, ScoreResult> score{{"score", Pace::Model, "Rating"}};
constexpr Method<ReconstructParams, ReconstructResult> reconstruct{
    {"reconstruct", Pace::Model, "Compressing and reconstructing"}}; ///< streams tokens
constexpr Method<ReadParams, ReadResult> continueText{{"continue", Pace::Model, "Continuing"}}; ///< streams tokens
constexpr Method<ReadParams, ReadResult> ask{{"ask", Pace::Model, "Answering"}}; ///< streams tokens
constexpr Method<SaveMemoryParams, MemoryInfo> memorySave{{"memory/save", Pace::Model, "Saving the memory"}};
constexpr Method<LoadMemoryParams, MemoryInfo> memoryLoad{{"memory/load", Pace::Model, "Loading the memory"}};

// Runs: processes of their own, which outlive the engine. What is said of them is read from their folders.
constexpr Method<ListRunsParams, RunList> runsList{{"runs/list"}};
constexpr Method<ReadRunParams, RunContent> runsRead{{"runs/read"}}; ///< what is new since the last time
constexpr Method<StartRunParams, RunInfo> runsStart{{"runs/start"}}; ///< checks the spec first, and names its fault
constexpr Method<RunParams, RunInfo> runsStop{{"runs/stop"}}; ///< asks it to; its status says when it has
constexpr Method<ResumeRunParams, RunInfo> runsResume{{"runs/resume"}};
constexpr Method<RenameRunParams, RunInfo> runsRename{{"runs/rename"}}; ///< not while it runs
constexpr Method<RunParams, DeletedRun> runsDelete{{"runs/delete"}}; ///< to a trash folder; not while it runs
constexpr Method<DeletedRun, RunInfo> runsRestore{{"runs/restore"}}; ///< undoes that
constexpr Method<RunsFolderParams, RunsFolder> runsFolder{{"runs/folder"}}; ///< says where runs are started, or sets it

constexpr Method<StudyTemplateParams, StudyTemplate> studyTemplate{{"study/template"}};
constexpr Method<StudySpecParams, StudyCheck> studyCheck{{"study/check"}}; ///< quick enough for each key
constexpr Method<StudySampleParams, StudySample> studySample{{"study/sample"}}; ///< with its ids and texts
/// By the rate of a study that runs or ran; else measures the first unit, on the engine's own device.
constexpr Method<StudySpecParams, StudyEstimate> studyEstimate{{"study/estimate", Pace::Model, "Estimating the time"}};

constexpr Notification<CancelParams> cancelRequest{"$/cancelRequest"}; ///< to the engine; ends within one token
constexpr Notification<ProgressNote> progress{"$/progress"};
constexpr Notification<TokensNote> tokens{"$/tokens"}; ///< at most 60 a second
constexpr Notification<LogNote> log{"$/log"};

// Error codes: JSON-RPC's own, the Language Server Protocol's for a cancelled request, and one for all else, whose
// "data" holds kind, remedy and details as icae::Error has them.
constexpr int parseError = -32700;
constexpr int invalidRequest = -32600;
constexpr int methodNotFound = -32601;
constexpr int invalidParams = -32602;
constexpr int internalError = -32603;
constexpr int requestCancelled = -32800;
constexpr int requestFailed = -32000;

} // namespace icae::protocol

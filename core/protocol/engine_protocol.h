#pragma once

#include "protocol/model_messages.h"
#include "protocol/notifications.h"
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

/// A request's name, and what goes in and comes out.
template <typename Params, typename Result> struct Method {
    const char* name;
};

/// A notification's name, and what it carries.
template <typename Params> struct Notification {
    const char* name;
};

// Light requests are answered beside a running model request.
constexpr Method<InitializeParams, InitializeResult> initialize{"initialize"}; ///< first of all
constexpr Method<NoParams, EngineStatus> status{"status"};
constexpr Method<ListModelsParams, ModelList> modelsList{"models/list"}; ///< a model request where it is to hash
constexpr Method<PlanParams, TextPlan> textPlan{"text/plan"};
constexpr Method<NoParams, MemoryList> memoryList{"memory/list"};
constexpr Method<MemoryParams, MemoryList> memoryDiscard{"memory/discard"};
constexpr Method<ExportParams, ExportResult> exportReport{"export"};

// Model requests: one at a time, in order, with progress.
constexpr Method<LoadModelParams, LoadedModel> modelsLoad{"models/load"};
constexpr Method<NoParams, EngineStatus> modelsUnload{"models/unload"};
constexpr Method<CompressParams, CompressResult> compress{"compress"};
constexpr Method<ScoreParams, ScoreResult> score{"score"};
constexpr Method<ReconstructParams, ReconstructResult> reconstruct{"reconstruct"}; ///< streams tokens
constexpr Method<ReadParams, ReadResult> continueText{"continue"}; ///< streams tokens
constexpr Method<ReadParams, ReadResult> ask{"ask"}; ///< streams tokens
constexpr Method<SaveMemoryParams, MemoryInfo> memorySave{"memory/save"};
constexpr Method<LoadMemoryParams, MemoryInfo> memoryLoad{"memory/load"};

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

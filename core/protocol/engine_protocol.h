#pragma once

#include <cstddef>
#include <cstdint>

/// What the engine (`icae serve`) and its clients agree on: JSON-RPC 2.0 in frames with Content-Length, as the Language
/// Server Protocol has them. Structs of parameters and results: model_messages.h, text_messages.h, notifications.h.
namespace icae::protocol {

/// Changes where a message changes so that the other side no longer understands it.
constexpr std::int64_t version = 1;

/// Longest content of a frame; longer ones are skipped and refused.
constexpr std::size_t longestContent = std::size_t{64} << 20U;

// Requests. L: answered at once beside a running model request; M: one at a time, with progress.
constexpr auto initialize = "initialize"; ///< L InitializeParams -> InitializeResult; first of all
constexpr auto status = "status"; ///< L NoParams -> EngineStatus
constexpr auto modelsList = "models/list"; ///< L (M with hashes) ListModelsParams -> ModelList
constexpr auto modelsLoad = "models/load"; ///< M LoadModelParams -> LoadedModel
constexpr auto modelsUnload = "models/unload"; ///< M NoParams -> EngineStatus
constexpr auto textPlan = "text/plan"; ///< L PlanParams -> TextPlan
constexpr auto compress = "compress"; ///< M CompressParams -> CompressResult
constexpr auto score = "score"; ///< M ScoreParams -> ScoreResult
constexpr auto reconstruct = "reconstruct"; ///< M ReconstructParams -> ReconstructResult; streams tokens
constexpr auto continueText = "continue"; ///< M ReadParams -> ReadResult; streams tokens
constexpr auto ask = "ask"; ///< M ReadParams -> ReadResult; streams tokens
constexpr auto memorySave = "memory/save"; ///< M SaveMemoryParams -> MemoryInfo
constexpr auto memoryLoad = "memory/load"; ///< M LoadMemoryParams -> MemoryInfo
constexpr auto memoryList = "memory/list"; ///< L NoParams -> MemoryList
constexpr auto memoryDiscard = "memory/discard"; ///< L MemoryParams -> MemoryList
constexpr auto exportReport = "export"; ///< L ExportParams -> ExportResult

// Notifications.
constexpr auto cancelRequest = "$/cancelRequest"; ///< client: CancelParams; the request ends within one token
constexpr auto progress = "$/progress"; ///< engine: ProgressNote
constexpr auto tokens = "$/tokens"; ///< engine: TokensNote, at most 60 a second
constexpr auto log = "$/log"; ///< engine: LogNote

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

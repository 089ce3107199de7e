#pragma once

#include "engine/channel.h"
#include "engine/memory_shelf.h"
#include "engine/model_shelf.h"
#include "engine/streams.h"
#include "icae/model.h"
#include "reading/read.h"
#include "text/encoding_cache.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace icae {

/// What a request has at hand while it is answered.
struct RequestContext {
    const RequestId& id;
    Channel& channel; ///< for progress and streamed tokens
    const std::stop_token& stop;
};

/// How a request wants tokens to be chosen. @throws Error (InvalidInput) for what is out of range
SamplingOptions samplingOf(const SamplingParams& params);

/// What the engine knows between requests, the model and the memories, and how it answers each of them. Light requests
/// may come from another thread than model requests; those come one at a time.
class Session {
public:
    /// @param version of this program
    explicit Session(std::string version);

    InitializeResult initialize(const InitializeParams& params, const RequestContext& context);
    EngineStatus status(const NoParams& params, const RequestContext& context);
    ModelList listModels(const ListModelsParams& params, const RequestContext& context);
    TextPlan plan(const PlanParams& params, const RequestContext& context);
    MemoryList listMemories(const NoParams& params, const RequestContext& context);
    MemoryList discardMemory(const MemoryParams& params, const RequestContext& context);
    MemoryInfo pinMemory(const PinMemoryParams& params, const RequestContext& context);
    ExportResult exportReport(const ExportParams& params, const RequestContext& context);

    LoadedModel loadModel(const LoadModelParams& params, const RequestContext& context);
    EngineStatus unloadModel(const UnloadModelParams& params, const RequestContext& context);
    CompressResult compress(const CompressParams& params, const RequestContext& context);
    ScoreResult score(const ScoreParams& params, const RequestContext& context);
    ReconstructResult reconstruct(const ReconstructParams& params, const RequestContext& context);
    ReadResult continueText(const ReadParams& params, const RequestContext& context);
    ReadResult ask(const ReadParams& params, const RequestContext& context);
    MemoryInfo saveMemory(const SaveMemoryParams& params, const RequestContext& context);
    MemoryInfo loadMemory(const LoadMemoryParams& params, const RequestContext& context);

    /// Id of the device that a request computes on; @param model as in the request
    std::string device(const std::string& model) const { return m_models.device(model); }
    const std::string& version() const { return m_version; }
    ModelShelf& models() { return m_models; }
    void setCapabilities(std::vector<std::string> methods) { m_capabilities = std::move(methods); }
    /// @param tell is told in a sentence what went by itself
    void onGone(std::function<void(const std::string&)> tell) { m_memories.onGone(std::move(tell)); }
    /// @param waiting how many model requests wait
    void setQueue(std::function<std::int64_t()> waiting) { m_waiting = std::move(waiting); }

private:
    /// The model that a request names; where it names none but reads a memory, the one that made it.
    std::shared_ptr<const Model> modelFor(const std::string& model, const std::string& memory);
    /// The memory that is named, or that of the text, compressed now; where the model computes.
    MemoryShelf::Held resolve(const SourceParams& params, const Model& model, const ProgressCallback& progress,
                              const std::stop_token& stop);
    ReadResult readSources(Task task, const ReadParams& params, const RequestContext& context);

    std::string m_version;
    std::vector<std::string> m_capabilities;
    std::function<std::int64_t()> m_waiting;
    MemoryShelf m_memories;
    EncodingCache m_encodings; ///< of the text that is being written
    ModelShelf m_models;
    /// Of a reconstruction, as the last whole one went; before it, as they do on two cores.
    std::vector<ProgressReporter::Phase> m_reconstructing{{"Compressing", 1}, {"Reconstructing", 4}, {"Measuring", 2}};
};

} // namespace icae

#include "engine/session.h"

#include "icae/catalog.h"
#include "protocol/error.h"
#include "reading/plan.h"
#include "report/report.h"
#include "tensor/atomic_file.h"
#include "tensor/compat.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <unistd.h>

namespace icae {

namespace {

constexpr std::int64_t mostAlternatives = 50;

std::int64_t residentBytes()
{
    std::ifstream statm("/proc/self/statm");
    std::int64_t total = 0;
    std::int64_t resident = 0;
    statm >> total >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

CompressOptions compressOptionsOf(const SourceParams& params)
{
    CompressOptions options;
    options.slots = params.slots;
    options.spanTokens = params.spanTokens;
    options.sourceName = params.name;
    return options;
}

std::int64_t checkedAlternatives(std::int64_t asked)
{
    if (asked >= 0 && asked <= mostAlternatives)
        return asked;
    throw Error(ErrorKind::InvalidInput, std::to_string(asked) + " alternatives a token were asked for.",
                "Ask for 0 to " + std::to_string(mostAlternatives) + ".");
}

/// Slots where the model computes; they are held on the host.
std::shared_ptr<const Source> onDeviceOf(const Model& model, std::shared_ptr<const Source> held)
{
    const auto device = model.device().device;
    const auto dtype = model.weights().dtype();
    if (held->memory.slots.device() == device && held->memory.slots.scalar_type() == dtype)
        return held;
    auto moved = std::make_shared<Source>(*held);
    moved->memory.slots = held->memory.slots.to(device, dtype);
    return moved;
}

/// Progress and tokens of one request.
class Listening {
public:
    Listening(const Model& model, const RequestContext& context, std::vector<ProgressReporter::Phase> phases = {})
        : m_progress(context.channel, context.id, std::move(phases))
        , m_tokens(context.channel, context.id, model.tokenizer())
    {
    }

    ProgressCallback progress() { return m_progress.callback(); }
    ReadListener listener()
    {
        return {m_progress.callback(), [this](std::size_t parts, const GeneratedToken& token) {
                    m_tokens.add(parts, token.sequence, token.id);
                }};
    }
    void finish() { m_tokens.finish(); }

private:
    ProgressReporter m_progress;
    TokenStreamer m_tokens;
};

} // namespace

SamplingOptions samplingOf(const SamplingParams& params)
{
    SamplingOptions options;
    options.greedy = params.temperature == 0;
    options.temperature = options.greedy ? 1.0 : params.temperature;
    options.topK = params.topK;
    options.topP = params.topP;
    options.seed = static_cast<std::uint64_t>(params.seed);
    checkSampling(options);
    return options;
}

Session::Session(std::string version)
    : m_version(std::move(version))
{
}

InitializeResult Session::initialize(const InitializeParams& params, const RequestContext& /*context*/)
{
    if (params.protocolVersion != protocol::version)
        throw Error(ErrorKind::Mismatch,
                    "The client speaks version " + std::to_string(params.protocolVersion)
                        + " of the protocol, this engine version " + std::to_string(protocol::version) + ".",
                    "Use an engine and a client of the same version.");
    const auto choice = chooseDevice("auto");
    const auto blas = blasInfo();
    InitializeResult result;
    result.protocolVersion = protocol::version;
    result.engineVersion = m_version;
    result.capabilities = m_capabilities;
    result.devices = listDevices();
    result.autoDevice = choice.device.str();
    result.autoReason = choice.reason;
    result.libtorch = compat::torchVersion();
    result.blas = blas.name;
    result.fastBlas = blas.fast;
    return result;
}

EngineStatus Session::status(const NoParams& /*params*/, const RequestContext& /*context*/)
{
    EngineStatus status;
    status.devices = listDevices();
    status.residentBytes = residentBytes();
    status.waiting = m_waiting ? m_waiting() : 0;
    status.model = m_models.current();
    status.models = m_models.list();
    return status;
}

ModelList Session::listModels(const ListModelsParams& params, const RequestContext& context)
{
    return icae::listModels(params, context.stop);
}

TextPlan Session::plan(const PlanParams& params, const RequestContext& context)
{
    CompressOptions options;
    options.slots = params.slots;
    options.spanTokens = params.spanTokens;
    if (params.text.empty())
        return {};
    const auto model = m_models.get(params.model);
    const auto tokens = model->asContext(m_encodings.encode(model->tokenizer(), params.text, context.stop));
    return planText(*model, tokens, options, params.tokens);
}

MemoryList Session::listMemories(const NoParams& /*params*/, const RequestContext& /*context*/)
{
    return {m_memories.list()};
}

MemoryList Session::discardMemory(const MemoryParams& params, const RequestContext& /*context*/)
{
    m_memories.discard(params.memory);
    returnFreedMemory();
    return {m_memories.list()};
}

MemoryInfo Session::pinMemory(const PinMemoryParams& params, const RequestContext& /*context*/)
{
    return m_memories.pin(params.memory, params.pinned);
}

ExportResult Session::exportReport(const ExportParams& params, const RequestContext& /*context*/)
{
    auto content = renderReport(params);
    if (params.path.empty())
        return {std::move(content), {}};
    requireFileTarget(params.path);
    writeFile(params.path, content);
    return {{}, params.path};
}

LoadedModel Session::loadModel(const LoadModelParams& params, const RequestContext& context)
{
    ProgressReporter progress(context.channel, context.id);
    return m_models.describe(m_models.load(params, progress.callback(), context.stop));
}

EngineStatus Session::unloadModel(const UnloadModelParams& params, const RequestContext& context)
{
    m_models.unload(params.model);
    return status({}, context);
}

CompressResult Session::compress(const CompressParams& params, const RequestContext& context)
{
    ProgressReporter progress(context.channel, context.id);
    const auto model = modelFor(params.model, params.source.memory);
    const auto resolved = resolve(params.source, *model, progress.callback(), context.stop);
    CompressResult result;
    result.memory = resolved.info;
    result.seconds.compress = resolved.source->compressSeconds;
    result.device = describeDevice(model->device().device);
    return result;
}

ScoreResult Session::score(const ScoreParams& params, const RequestContext& context)
{
    ProgressReporter progress(context.channel, context.id);
    const auto alternatives = checkedAlternatives(params.alternatives);
    const auto model = modelFor(params.model, params.source.memory);
    const auto resolved = resolve(params.source, *model, progress.callback(), context.stop);
    const auto& spans = params.source.spans;
    if (params.task != ReadTask::Autoencode)
        progress.callback()({"Measuring", 0, 0, "tokens"}); // in one go
    auto result = params.task == ReadTask::Autoencode
        ? scoreSource(*model, *resolved.source, spans, alternatives, progress.callback(), context.stop)
        : scoreContinuation(*model, *resolved.source, spans, params.target, alternatives, context.stop);
    result.memory = resolved.info.id;
    return result;
}

ReconstructResult Session::reconstruct(const ReconstructParams& params, const RequestContext& context)
{
    ReconstructOptions options;
    options.sampling = samplingOf(params.sampling);
    options.decoding = params.decoding;
    options.spans = params.source.spans;
    options.tokens = params.tokens;
    options.alternatives = checkedAlternatives(params.alternatives);
    const auto model = modelFor(params.model, params.source.memory);
    auto phases = m_reconstructing;
    if (!params.source.memory.empty())
        phases.erase(phases.begin()); // nothing is compressed
    Listening listening(*model, context, std::move(phases));
    const auto resolved = resolve(params.source, *model, listening.progress(), context.stop);
    ReconstructResult result;
    result.memory = resolved.info;
    const auto start = std::chrono::steady_clock::now();
    result.reconstruction = icae::reconstruct(*model, *resolved.source, options, listening.listener(), context.stop);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    listening.finish();
    const auto& seconds = result.reconstruction.seconds;
    const auto writing = seconds.prefill + seconds.decode;
    if (params.source.memory.empty() && options.tokens && !result.reconstruction.stopped)
        for (std::size_t i = 0; const auto phase : {seconds.compress, writing, taken.count() - writing})
            m_reconstructing[i++].share = std::max(phase, 1e-6);
    return result;
}

ReadResult Session::continueText(const ReadParams& params, const RequestContext& context)
{
    return readSources(Task::Continue, params, context);
}

ReadResult Session::ask(const ReadParams& params, const RequestContext& context)
{
    if (params.question.empty())
        throw Error(ErrorKind::InvalidInput, "There is no question.", "Ask something.");
    return readSources(Task::Instruct, params, context);
}

MemoryInfo Session::saveMemory(const SaveMemoryParams& params, const RequestContext& /*context*/)
{
    requireFileTarget(params.path);
    m_memories.find(params.memory).source->memory.save(params.path);
    return m_memories.saved(params.memory, params.path);
}

MemoryInfo Session::loadMemory(const LoadMemoryParams& params, const RequestContext& /*context*/)
{
    const auto header = params.model.empty() ? Memory::readHeader(params.path) : std::nullopt;
    const auto model = header ? m_models.thatMade(*header) : m_models.get(params.model);
    Source source;
    source.memory = Memory::load(params.path, *model);
    return m_memories.add(std::move(source), params.path).info;
}

std::shared_ptr<const Model> Session::modelFor(const std::string& model, const std::string& memory)
{
    if (!model.empty() || memory.empty())
        return m_models.get(model);
    const auto header = m_memories.find(memory).source->memory.header;
    return m_models.thatMade(header);
}

MemoryShelf::Held Session::resolve(const SourceParams& params, const Model& model, const ProgressCallback& progress,
                                   const std::stop_token& stop)
{
    MemoryShelf::Held held;
    if (params.memory.empty()) {
        held = m_memories.add(compressSource(model, params.text, compressOptionsOf(params), progress, stop), {});
    } else {
        held = m_memories.find(params.memory);
        Memory::requireSameModel(held.source->memory.header, model, "The memory");
        if (!params.text.empty()) {
            auto known = std::make_shared<Source>(*held.source);
            attachText(*known, params.text, "the given text", model);
            held.source = known;
        }
    }
    held.source = onDeviceOf(model, held.source);
    return held;
}

ReadResult Session::readSources(Task task, const ReadParams& params, const RequestContext& context)
{
    const ReadOptions options{task, params.question, params.maxTokens, samplingOf(params.sampling)};
    const auto model = modelFor(params.model, params.sources.empty() ? std::string() : params.sources.front().memory);
    Listening listening(*model, context);
    std::vector<MemoryShelf::Held> resolved;
    for (const auto& source : params.sources)
        resolved.push_back(resolve(source, *model, listening.progress(), context.stop));
    std::vector<ReadSource> sources;
    for (std::size_t i = 0; i < resolved.size(); ++i)
        sources.push_back({resolved[i].source.get(), params.sources[i].spans});
    auto result = icae::readSources(*model, sources, options, listening.listener(), context.stop);
    listening.finish();
    for (const auto& source : resolved)
        result.memories.push_back(source.info.id);
    return result;
}

} // namespace icae

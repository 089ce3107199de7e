#include "fake_model.h"

#include "fake_channel.h"
#include "report/report.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <utility>

namespace icae {

namespace {

constexpr std::int64_t gigabyte = std::int64_t{1} << 30;

template <typename Params> Params paramsOf(const RpcMessage& message)
{
    return fromJson<Params>(JsonReader(message.params, "test"));
}

bool says(const std::string& text, const char* word)
{
    return text.find(word) != std::string::npos;
}

void replaceAll(std::string& text, const std::string& from, const std::string& to)
{
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

ModelList models(bool answering)
{
    ModelList list;
    BaseInfo nano;
    nano.folder = "/models/nano/base";
    nano.architecture = "LlamaForCausalLM";
    nano.parameters = 27'000'000;
    nano.layers = 8;
    nano.vocabulary = 12000;
    nano.tokenizer = true;
    nano.diskBytes = 108'000'000;
    nano.memoryBytes = {gigabyte / 4, gigabyte / 8};
    BaseInfo huge = nano;
    huge.folder = "/models/huge";
    huge.beginsWith = "<|begin_of_text|> (128000)";
    huge.endsWith = {"<|end_of_text|> (128001)", "<|eot_id|> (128009)"};
    huge.ropeScaling = "llama3, factor 8";
    huge.remarks = {"The head is the embedding; lm_head.weight is not used."};
    huge.weightsSha256 = "0123456789abcdef:tensors";
    huge.memoryBytes = {64 * gigabyte, 32 * gigabyte};
    BaseInfo slow = nano;
    slow.folder = "/models/slow";
    BaseInfo broken;
    broken.folder = "/models/broken";
    broken.problem = "Its config.json names the architecture GPT2LMHeadModel.";
    broken.remedy = "Choose a Llama or Mistral model.";
    list.bases = {nano, huge, slow, broken};
    for (const auto* name : {"reconstruct", "chat"}) {
        AdapterInfo adapter;
        adapter.path = std::string("/models/nano/") + name;
        adapter.file = adapter.path + "/icae.safetensors";
        adapter.slots = 128;
        adapter.elasticSlots = {32, 64, 128};
        adapter.spanTokens = 512;
        adapter.lora = {32, 32, {"q_proj", "v_proj"}};
        adapter.specialTokens = {"AE"};
        adapter.fits = {{nano.folder, "", {gigabyte / 2, gigabyte / 4}}};
        list.adapters.push_back(adapter);
    }
    if (answering) {
        BaseInfo middle = nano;
        middle.folder = "/models/answers/base";
        middle.parameters = 47'000'000;
        list.bases.push_back(middle);
        auto adapter = list.adapters.front();
        adapter.path = "/models/answers/adapter";
        adapter.file = adapter.path + "/icae.safetensors";
        adapter.specialTokens = {"AE", "LM", "FT"};
        adapter.trained = {"ae", "lm", "ft"};
        adapter.fits = {{middle.folder, "", {gigabyte, gigabyte / 2}}};
        list.adapters.push_back(adapter);
    }
    AdapterInfo large;
    large.path = "/models/large";
    large.published = true;
    large.inferred = {"The rank is taken from the tensors."};
    large.fits = {{nano.folder, "hidden size 4096, not 512", {}}};
    list.adapters.push_back(large);
    return list;
}

/// What a model with too few slots writes: words that the source has too, here and there.
std::string everyTenthWord(const std::string& text)
{
    std::string result;
    std::istringstream words(text);
    std::string word;
    for (int i = 0; words >> word; ++i)
        if (i % 10 == 0)
            result += word + ' ';
    return result;
}

/// As a tokenizer reads that knows single spaces only.
std::string collapsed(std::string text)
{
    replaceAll(text, "  ", " ");
    return text.find("  ") == std::string::npos ? text : collapsed(std::move(text));
}

/// A word a token, rated as certain but where it is another one than in the reference.
std::vector<ScoredToken> scored(const std::string& text, const std::string& reference)
{
    std::vector<ScoredToken> tokens;
    const bool collapses = says(text, "{collapse}");
    for (std::size_t begin = 0; begin < text.size();) {
        const auto word = collapses ? text.find_first_not_of(' ', begin) : begin + 1;
        const auto end = std::min(text.find(' ', word), text.size());
        ScoredToken token;
        token.id = static_cast<std::int32_t>(tokens.size());
        token.piece = text.substr(begin, end - begin);
        if (collapses)
            token.piece = collapsed(token.piece);
        token.begin = static_cast<std::int64_t>(begin);
        token.end = static_cast<std::int64_t>(end);
        const bool right = says(reference, token.piece.c_str());
        token.nll = right ? 0.01 : 4;
        token.entropy = right ? 0.02 : 2;
        token.rank = right ? 0 : 3;
        token.alternatives = {{1, "watch", 0.75}, {2, "clock", 0.25}};
        replaceAll(token.piece, " ", "▁");
        tokens.push_back(token);
        begin = end;
    }
    return tokens;
}

ReconstructResult resultFor(const ReconstructParams& params, const std::string& written, const LoadedModel& model)
{
    const auto& source = params.source.text;
    ReconstructResult result;
    auto& reconstruction = result.reconstruction;
    reconstruction.text = written;
    reconstruction.tokens = static_cast<std::int64_t>(source.size());
    reconstruction.slots = params.source.slots.value_or(model.slots);
    reconstruction.ratio = static_cast<double>(source.size()) / static_cast<double>(reconstruction.slots);
    reconstruction.generatedTokens = static_cast<std::int64_t>(written.size());
    const double bleu = reconstruction.slots >= 128 ? 0.91 : reconstruction.slots >= 64 ? 0.7 : 0.3;
    reconstruction.scores = ReconstructionScores{bleu, 0.4, 0.05, 0.97, 0.6};
    reconstruction.seconds = {0.5, 0.25, 2};
    reconstruction.device = model.deviceName;
    reconstruction.model = "nano";
    reconstruction.adapter = "reconstruct";
    reconstruction.freeTokens = scored(written, source);
    reconstruction.forcedTokens = scored(source, written);
    result.memory.id = "memory-1";
    return result;
}

} // namespace

std::string miswritten(std::string text)
{
    replaceAll(text, "clock", "watch");
    replaceAll(text, "12", "14");
    replaceAll(text, "Harbour", "harbour");
    replaceAll(text, "Nobody saw it. ", "");
    return text;
}

std::vector<SpanInfo> fakeSpans(std::size_t size, std::int64_t spanTokens, std::int64_t slots)
{
    std::vector<SpanInfo> spans;
    for (std::int64_t begin = 0; begin < static_cast<std::int64_t>(size); begin += spanTokens) {
        const auto end = std::min(begin + spanTokens, static_cast<std::int64_t>(size));
        spans.push_back({begin, end - begin, begin, end, slots});
    }
    return spans;
}

std::vector<DeviceInfo> FakeModel::devices()
{
    return {{"cpu", "CPU (2 threads)", 16 * gigabyte, 8 * gigabyte}, {"cuda:0", "Fake GPU", gigabyte, gigabyte / 8}};
}

EngineStatus FakeModel::status() const
{
    EngineStatus status;
    status.devices = devices();
    status.model = m_loaded;
    status.residentBytes = gigabyte / 2;
    return status;
}

void FakeModel::load(const RequestId& id, const LoadModelParams& params)
{
    if (params.base == "/models/huge") {
        FakeChannel::refuse(
            id, Error(ErrorKind::OutOfMemory, "The model needs 64 GB, and 8 GB are free.", "Choose a smaller model."));
        return;
    }
    if (params.base == "/models/slow") {
        FakeChannel::notify(protocol::progress,
                            ProgressNote{id, "Reading the weights", 1, 2, "bytes", 0.5, std::nullopt, std::nullopt});
        m_hanging[id.number()] = std::nullopt;
        return;
    }
    LoadedModel model;
    model.base = params.base == "/models/nano" ? "/models/nano/base" : params.base;
    model.adapter = params.adapter.empty() ? "/models/nano/reconstruct" : params.adapter;
    model.device = params.device == "auto" ? "cpu" : params.device;
    model.deviceName = "CPU (2 threads)";
    model.dtype = "fp32";
    model.requestedDevice = params.device;
    model.requestedDtype = params.dtype;
    model.memoryBytes = gigabyte / 2;
    model.slots = 128;
    model.slotChoices = {32, 64, 128};
    model.spanTokens = 512;
    model.positions = 2048;
    if (says(model.adapter, "answers"))
        model.trained = {"ae", "lm", "ft"};
    model.specialTokens = says(model.adapter, "chat") ? std::vector<std::string>{"FT"} : std::vector<std::string>{"AE"};
    if (params.beside)
        model.id = model.adapterSha256 = model.adapter;
    else
        m_loaded = model;
    FakeChannel::answer(id, model);
}

void FakeModel::reconstruct(const RequestId& id, const ReconstructParams& params)
{
    if (!params.source.memory.empty() && params.source.text.empty()) {
        auto result = resultFor(params, "This is what the letter said. It was short.", *m_loaded);
        result.reconstruction.scores.reset();
        result.reconstruction.forcedTokens.clear();
        result.memory.id = params.source.memory;
        FakeChannel::notify(protocol::tokens, TokensNote{id, 2, {{0, 1, "This is"}, {1, 1, " It was"}}});
        FakeChannel::answer(id, result);
        return;
    }
    const auto& text = params.source.text;
    if (says(text, "{fail}")) {
        FakeChannel::refuse(
            id, Error(ErrorKind::OutOfMemory, "The memory ran out while reconstructing.", "Choose shorter spans."));
        return;
    }
    const auto written = says(text, "{sparse}") ? everyTenthWord(text)
        : says(text, "{collapse}")              ? miswritten(collapsed(text))
                                                : miswritten(text);
    const auto half = written.substr(0, written.size() / 2);
    FakeChannel::notify(protocol::progress, ProgressNote{id, "Reconstructing", 1, 2, "tokens", 0.5, 40.0, 12.0});
    const bool mute = says(text, "{mute}");
    if (!mute)
        FakeChannel::notify(protocol::tokens, TokensNote{id, 1, {{0, 1, half}}});
    if (says(text, "{die}"))
        raise(SIGKILL);
    if (mute || says(text, "{hang}")) {
        m_hanging[id.number()] = resultFor(params, half, *m_loaded);
        m_hanging[id.number()]->reconstruction.stopped = true;
        return;
    }
    FakeChannel::notify(protocol::tokens, TokensNote{id, 1, {{0, 1, written.substr(half.size())}}});
    FakeChannel::answer(id, resultFor(params, written, *m_loaded));
}

bool FakeModel::cancel(const RequestId& id)
{
    const auto found = m_hanging.find(id.number());
    if (found == m_hanging.end())
        return false;
    if (found->second)
        FakeChannel::answer(id, *found->second);
    else
        FakeChannel::refuse(id, Error(ErrorKind::Cancelled, "Cancelled.", {}));
    m_hanging.erase(found);
    return true;
}

bool FakeModel::take(const RpcMessage& message)
{
    const auto is = [&](const auto& method) { return message.method == method.name; };
    if (is(protocol::status)) {
        if (const auto late = std::exchange(m_late, std::nullopt))
            load(late->first, late->second);
        FakeChannel::answer(message.id, status());
    } else if (is(protocol::modelsList)) {
        const auto folders = paramsOf<ListModelsParams>(message).folders;
        const auto has = [&](const char* folder) {
            return std::find(folders.begin(), folders.end(), folder) != folders.end();
        };
        auto list = has("/models/nano") ? models(has("/models/answers")) : ModelList();
        if (has("/nowhere"))
            list.problems.push_back({"/nowhere", "There is no folder /nowhere.", "Remove it from the list."});
        FakeChannel::answer(message.id, list);
    } else if (is(protocol::modelsLoad)) {
        const auto params = paramsOf<LoadModelParams>(message);
        if (params.base == "/models/late")
            m_late.emplace(message.id, params);
        else
            load(message.id, params);
    } else if (is(protocol::modelsUnload)) {
        m_loaded.reset();
        FakeChannel::answer(message.id, status());
    } else if (is(protocol::reconstruct) && m_loaded) {
        reconstruct(message.id, paramsOf<ReconstructParams>(message));
    } else if (is(protocol::memoryLoad) && std::ifstream(paramsOf<LoadMemoryParams>(message).path).good()) {
        MemoryInfo memory;
        memory.id = "memory-of-a-file";
        memory.sourceName = "letter.txt";
        memory.tokens = 300;
        memory.slots = 128;
        memory.spans = fakeSpans(300, 150, 64);
        FakeChannel::answer(message.id, memory);
    } else if (is(protocol::ask) || is(protocol::continueText) || is(protocol::memoryLoad)) {
        m_hanging[message.id.number()] = std::nullopt; // as long as nobody cancels it
    } else if (is(protocol::exportReport)) {
        FakeChannel::answer(message.id, ExportResult{renderReport(paramsOf<ExportParams>(message)), {}});
    } else if (is(protocol::memorySave)) {
        const auto params = paramsOf<SaveMemoryParams>(message);
        if (std::ofstream(params.path) << "memory")
            FakeChannel::answer(message.id, MemoryInfo());
        else
            FakeChannel::refuse(
                message.id,
                Error(ErrorKind::Io, "The file " + params.path + " could not be written.", "Choose another folder."));
    } else {
        return false;
    }
    return true;
}

} // namespace icae

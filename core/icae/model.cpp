#include "icae/model.h"

#include "llm/vocabulary.h"
#include "protocol/error.h"
#include "protocol/placeholder.h"
#include "tensor/compat.h"
#include "tensor/sha256.h"
#include "text/text_file.h"
#include "text/tokenizer_folder.h"

#include <algorithm>

namespace icae {

namespace fs = std::filesystem;

namespace {

std::string gigabytes(std::int64_t bytes)
{
    const auto tenths = (bytes * 10 + (1LL << 29U)) >> 30U;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

void requireMemory(std::int64_t needed, const at::Device& device)
{
    const auto memory = deviceMemory(device);
    if (memory.total == 0 || needed <= memory.free)
        return;
    throw Error(ErrorKind::OutOfMemory,
                "The model needs " + gigabytes(needed) + ", and " + describeDevice(device) + " has "
                    + gigabytes(memory.free) + " free.",
                "Close other programs, use another device, or use a smaller model.");
}

} // namespace

LlmConfig readLlmConfig(const fs::path& base)
{
    const auto file = base / "config.json";
    std::error_code ignored;
    refuseDanglingLink(file);
    if (!fs::exists(file, ignored))
        throw Error(ErrorKind::NotFound, base.string() + " holds no config.json.",
                    "Name a model folder in Hugging Face format.");
    auto config = parseLlmConfig(readTextFile(file), file.string());
    const auto generation = base / "generation_config.json";
    refuseDanglingLink(generation);
    if (fs::exists(generation, ignored))
        applyGenerationConfig(config, readTextFile(generation), generation.string());
    return config;
}

std::int64_t memoryNeeded(const LlmConfig& config, const AdapterConfig* adapter, at::ScalarType dtype)
{
    std::int64_t numbers = config.parameters();
    if (adapter != nullptr) {
        std::int64_t fused = 0;
        const auto targeted = [&](const char* name) {
            return std::find(adapter->targets.begin(), adapter->targets.end(), name) != adapter->targets.end();
        };
        // Fused tensors are copied whole once LoRA touches any of their parts.
        const bool qkv = targeted("q_proj") || targeted("k_proj") || targeted("v_proj");
        const bool gateUp = targeted("gate_proj") || targeted("up_proj");
        for (const auto& linear : linears(config)) {
            const bool inQkv = linear.linear == Linear::Q || linear.linear == Linear::K || linear.linear == Linear::V;
            const bool inGateUp = linear.linear == Linear::Gate || linear.linear == Linear::Up;
            if (inQkv ? qkv : inGateUp ? gateUp : targeted(linear.name))
                fused += linear.out * linear.in;
        }
        numbers += fused * config.layers;
    }
    const std::int64_t working = 64LL << 20U;
    return numbers * static_cast<std::int64_t>(c10::elementSize(dtype)) + working;
}

Model::Model(Decoder decoder, DeviceChoice device)
    : m_decoder(std::move(decoder))
    , m_device(std::move(device))
{
}

std::shared_ptr<const Model> Model::load(const ModelPaths& paths, const Options& options,
                                         const ProgressCallback& progress, const std::stop_token& stop)
{
    const c10::InferenceMode noGradients;
    compat::allowTf32(false);
    auto config = readLlmConfig(paths.base);
    const auto words = loadFolderTokenizer(paths.base);
    std::vector<std::string> remarks;
    if (words.tokenizer)
        remarks = adoptTokenizer(config, *words.tokenizer);
    if (!words.remark.empty())
        remarks.push_back(words.remark);
    auto choice = chooseDevice(options.device);
    const auto device = choice.device;
    const auto dtype = chooseDtype(options.dtype, device);
    const std::shared_ptr<Model> model(
        new Model(Decoder(config, options.plainKernels ? makePlainKernels() : makeKernels(device, dtype)),
                  std::move(choice))); // NOLINT: the constructor is private
    model->m_paths = paths;
    model->m_tokenizer = words.tokenizer;
    model->m_remarks = std::move(remarks);

    std::optional<AdapterFile> adapter;
    if (!paths.adapter.empty())
        adapter = AdapterFile::open(paths.adapter);
    if (adapter) {
        adapter->config.alpha = options.overrides.alpha.value_or(adapter->config.alpha);
        adapter->config.spanTokens = options.overrides.spanTokens.value_or(adapter->config.spanTokens);
    }
    const auto store = TensorStore::open(paths.base);
    checkWeights(config, *store);
    model->m_base =
        BaseIdentity(paths.base, hashBase(config, *store, {HashOptions::Effort::Remembered, progress, stop}));
    if (auto remark = headRemark(config, *store); !remark.empty())
        model->m_remarks.push_back(std::move(remark));
    if (adapter) {
        auto why = model->m_base.whyNot(adapter->config.base);
        if (!why.empty()) { // what is remembered does not decide
            model->m_base = model->m_base.readAnew(stop);
            why = model->m_base.whyNot(adapter->config.base);
        }
        why = why.empty() ? whyFrozenWeightsDiffer(*adapter, *store) : trainedOnAnother(why);
        if (!why.empty())
            throw Error(ErrorKind::Mismatch,
                        "The adapter " + adapter->weights.string() + " does not fit this base: " + why + ".",
                        "Use the base that the adapter was trained on.");
        if (adapter->config.base.weights.empty() && adapter->frozen.empty())
            model->m_remarks.emplace_back("The adapter does not name its base: only shapes were compared.");
    }
    const auto same = std::find_if(options.loaded.begin(), options.loaded.end(), [&](const auto& other) {
        return other->baseHashes() == model->baseHashes() && other->m_device.device == device
            && other->m_weights.dtype() == dtype;
    });
    const bool isLoaded = same != options.loaded.end();
    const auto needed = memoryNeeded(config, adapter ? &adapter->config : nullptr, dtype);
    requireMemory(isLoaded ? needed - memoryNeeded(config, nullptr, dtype) : needed, device);
    try {
        model->m_weights = isLoaded ? (*same)->m_weights : loadWeights(config, *store, device, dtype, progress, stop);
        if (adapter) {
            model->m_adapter = std::make_unique<Adapter>(Adapter::load(*adapter, config, model->m_weights));
            model->m_adapterHash = sha256OfFiles(adapter->files(), stop);
            for (const auto& sentence : adapter->config.inferred)
                model->m_remarks.push_back(sentence);
        }
    } catch (const std::exception& e) {
        compat::rethrowOutOfMemory(e, "loading the model", describeDevice(device));
        throw;
    }
    return model;
}

std::shared_ptr<const Model> Model::random(const LlmConfig& config, const AdapterConfig& adapter,
                                           const Options& options)
{
    const c10::InferenceMode noGradients;
    compat::allowTf32(false);
    auto choice = chooseDevice(options.device);
    const auto device = choice.device;
    const auto dtype = chooseDtype(options.dtype, device);
    requireMemory(memoryNeeded(config, &adapter, dtype), device);
    const std::shared_ptr<Model> model(
        new Model(Decoder(config, options.plainKernels ? makePlainKernels() : makeKernels(device, dtype)),
                  std::move(choice))); // NOLINT: the constructor is private
    model->m_weights = randomWeights(config, device, dtype);
    model->m_adapter = std::make_unique<Adapter>(randomAdapter(adapter, config, model->m_weights));
    return model;
}

std::shared_ptr<const Model> Model::of(Parts parts)
{
    const auto device = parts.weights.device();
    if (parts.tokenizer)
        adoptTokenizer(parts.config, *parts.tokenizer);
    const std::shared_ptr<Model> model(
        new Model(Decoder(std::move(parts.config), makeKernels(device, parts.weights.dtype())),
                  {device, "where it is trained"})); // NOLINT: the constructor is private
    model->m_weights = std::move(parts.weights);
    if (parts.adapter)
        model->m_adapter = std::make_unique<Adapter>(std::move(*parts.adapter));
    model->m_tokenizer = std::move(parts.tokenizer);
    return model;
}

bool Model::sharesBaseWith(const Model& other) const
{
    return m_weights.layers.front().qkv.is_same(other.m_weights.layers.front().qkv);
}

const Adapter& Model::adapter() const
{
    if (m_adapter == nullptr)
        throw Error(ErrorKind::InvalidInput, "No adapter is loaded: " + m_paths.base.string() + " is a base alone.",
                    "Name an adapter with --adapter.");
    return *m_adapter;
}

const std::shared_ptr<const Tokenizer>& Model::tokenizer() const
{
    if (m_tokenizer == nullptr)
        throw Error(ErrorKind::NotFound, m_paths.base.string() + " holds neither tokenizer.model nor tokenizer.json.",
                    "Download tokenizer.json from where the model came.");
    return m_tokenizer;
}

std::vector<Token> Model::encodeContext(std::string_view text) const
{
    return asContext(tokenizer()->encode(text));
}

std::vector<Token> Model::asContext(std::vector<Token> tokens) const
{
    if (adapter().config.contextBos && config().hasBos)
        tokens.insert(tokens.begin(), Token{static_cast<std::int32_t>(config().bosId), 0, 0});
    return tokens;
}

} // namespace icae

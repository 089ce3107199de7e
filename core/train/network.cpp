#include "train/network.h"

#include "protocol/error.h"
#include "tensor/compat.h"
#include "tensor/finite.h"
#include "tensor/tensor_data.h"
#include "train/checkpointed.h"
#include "train/dropout.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

/// The four products of a layer that LoRA can touch, in the order of Layer::lora.
constexpr std::array<at::Tensor LayerWeights::*, 4> products{&LayerWeights::qkv, &LayerWeights::o,
                                                             &LayerWeights::gateUp, &LayerWeights::down};
constexpr std::array<std::pair<at::Tensor LayerWeights::*, const char*>, 10> layerTensors{{
    {&LayerWeights::inputNorm, "input_norm"},
    {&LayerWeights::qkv, "qkv"},
    {&LayerWeights::qkvBias, "qkv_bias"},
    {&LayerWeights::queryNorm, "query_norm"},
    {&LayerWeights::keyNorm, "key_norm"},
    {&LayerWeights::o, "o"},
    {&LayerWeights::oBias, "o_bias"},
    {&LayerWeights::postNorm, "post_norm"},
    {&LayerWeights::gateUp, "gate_up"},
    {&LayerWeights::down, "down"},
}};

std::size_t productOf(Linear linear)
{
    switch (linear) {
    case Linear::Q:
    case Linear::K:
    case Linear::V:
        return 0;
    case Linear::O:
        return 1;
    case Linear::Gate:
    case Linear::Up:
        return 2;
    case Linear::Down:
        break;
    }
    return 3;
}

std::string loraName(std::size_t layer, const LinearSpec& linear, char matrix)
{
    return "icae.base_model.model.model.layers." + std::to_string(layer) + "." + linear.module + ".lora_" + matrix
        + ".default.weight";
}

/// Every LoRA pair: use(layer, linear, pair).
template <typename Lora, typename Function>
void forEachPair(const LlmConfig& config, const AdapterConfig& adapter, Lora& lora, Function&& use)
{
    for (std::size_t i = 0; i < lora.size(); ++i) {
        std::array<std::size_t, 4> used{};
        for (const auto& linear : linears(config)) {
            if (std::find(adapter.targets.begin(), adapter.targets.end(), linear.name) == adapter.targets.end())
                continue;
            const auto product = productOf(linear.linear);
            use(i, linear, lora[i][product].at(used[product]++));
        }
    }
}

/// Rows of the matrices that a layer's tensor has under each other; none of a vector.
std::vector<std::int64_t> stackedRows(const LlmConfig& config, at::Tensor LayerWeights::*member)
{
    const auto keys = config.kvHeads * config.headDim;
    if (member == &LayerWeights::qkv)
        return {config.heads * config.headDim, keys, keys};
    if (member == &LayerWeights::gateUp)
        return {config.intermediateSize, config.intermediateSize};
    if (member == &LayerWeights::o || member == &LayerWeights::down)
        return {config.hiddenSize};
    return {};
}

/// Undefined where an architecture has no such tensor.
at::Tensor castIfAny(const at::Tensor& tensor, at::ScalarType dtype)
{
    return tensor.defined() ? tensor.to(dtype) : tensor;
}

at::Tensor onDevice(const std::vector<std::int64_t>& shape, at::ScalarType dtype, const at::Device& device)
{
    return at::zeros(shape, at::TensorOptions().dtype(dtype).device(device));
}

template <typename T> void copyTo(const at::Tensor& target, const std::vector<T>& values)
{
    if (values.empty())
        return;
    auto host =
        at::from_blob(const_cast<T*>(values.data()), target.sizes(), target.options().device(at::kCPU)); // NOLINT
    if (target.is_cuda())
        host = host.pin_memory();
    target.copy_(host, true);
}

/// @param x [batch·tokens, d]; @param kept [batch, places, d]
at::Tensor dropped(const at::Tensor& x, const at::Tensor& kept, int64_t place)
{
    return (x.view({kept.size(0), -1, x.size(1)}) * kept.narrow(1, place, 1)).view(x.sizes());
}

} // namespace

DeviceBatch DeviceBatch::allocate(const Batch& batch, const at::Device& device)
{
    DeviceBatch result;
    result.shape = batch.shape();
    result.slotsOfSequence = batch.slotsOfSequence();
    result.spanIds = onDevice({batch.spanRows, batch.spanLength}, at::kLong, device);
    result.spanPositions = onDevice({batch.spanRows * batch.spanLength}, at::kFloat, device);
    result.slotRows = onDevice({batch.spanRows * batch.slots}, at::kLong, device);
    result.dropoutKeys = onDevice({batch.spanRows}, at::kLong, device);
    result.sequenceKeys = onDevice({static_cast<std::int64_t>(batch.sequenceKeys.size())}, at::kLong, device);
    result.leftIds = onDevice({batch.sequences, batch.leftLength}, at::kLong, device);
    result.textIds = onDevice({batch.sequences, batch.textLength}, at::kLong, device);
    result.positions = onDevice({static_cast<std::int64_t>(batch.positions.size())}, at::kFloat, device);
    result.targets = onDevice({batch.sequences * batch.textLength}, at::kLong, device);
    result.factor = onDevice({1}, at::kFloat, device);
    return result;
}

void DeviceBatch::fill(const Batch& batch)
{
    copyTo(spanIds, batch.spanIds);
    copyTo(spanPositions, batch.spanPositions);
    copyTo(slotRows, batch.slotRows);
    copyTo(dropoutKeys, batch.dropoutKeys);
    copyTo(sequenceKeys, batch.sequenceKeys);
    copyTo(leftIds, batch.leftIds);
    copyTo(textIds, batch.textIds);
    copyTo(positions, batch.positions);
    copyTo(targets, batch.targets);
    factor.fill_(1.0 / static_cast<double>(std::max<std::int64_t>(1, batch.targetCount)));
}

TrainNetwork::TrainNetwork(LlmConfig config, LlmWeights base, const Options& options)
    : m_config(std::move(config))
    , m_options(options)
    , m_base(std::move(base))
    , m_kernels(options.plainKernels ? makePlainTrainKernels() : makeTrainKernels(options.device))
{
    if (!options.trainsBase)
        return;
    addParameter("embedding", m_base.embedding);
    if (m_config.tiedEmbeddings)
        m_base.head = m_base.embedding;
    else
        addParameter("head", m_base.head);
    addParameter("final_norm", m_base.finalNorm);
    for (std::size_t i = 0; i < m_base.layers.size(); ++i)
        for (const auto& [member, name] : layerTensors)
            if ((m_base.layers[i].*member).defined())
                addParameter("layers." + std::to_string(i) + "." + name, m_base.layers[i].*member,
                             stackedRows(m_config, member));
}

void TrainNetwork::addParameter(const std::string& name, at::Tensor& place, std::vector<std::int64_t> stacked)
{
    place = place.to(m_options.device, at::kFloat).clone().set_requires_grad(true);
    m_parameters.push_back({name, place, place.dim() > 1, std::move(stacked)});
}

void TrainNetwork::addAdapter(const AdapterConfig& config, std::uint64_t seed)
{
    auto generator = at::detail::createCPUGenerator(seed);
    const auto options = at::TensorOptions().dtype(at::kFloat);
    m_adapterConfig = config;
    m_hasAdapter = true;
    m_lora.assign(m_base.layers.size(), {});
    for (auto& layer : m_lora) {
        for (const auto& linear : linears(m_config)) {
            if (std::find(config.targets.begin(), config.targets.end(), linear.name) == config.targets.end())
                continue;
            // PEFT: kaiming_uniform with a = √5, that is uniform within 1/√in; B starts at zero.
            const double bound = 1.0 / std::sqrt(static_cast<double>(linear.in));
            LoraPair pair;
            pair.a = at::empty({config.rank, linear.in}, options).uniform_(-bound, bound, generator);
            pair.b = at::zeros({linear.out, config.rank}, options);
            const auto rows = linearRows(m_config, m_base.layers.front(), linear.linear);
            pair.firstRow = rows.storage_offset() / rows.size(1);
            layer[productOf(linear.linear)].push_back(pair);
        }
    }
    int64_t pairs = 0;
    forEachPair(m_config, config, m_lora, [&](std::size_t layer, const LinearSpec& linear, LoraPair& pair) {
        pair.number = pairs++;
        addParameter(loraName(layer, linear, 'A'), pair.a);
        addParameter(loraName(layer, linear, 'B'), pair.b);
    });
    const c10::InferenceMode noGradients(false);
    const at::NoGradGuard guard;
    const auto deviation = m_base.embedding.to(at::kFloat).std().item<double>();
    const auto rows = config.slots + static_cast<std::int64_t>(config.specialTokens.size());
    m_embeddings = at::empty({rows, m_config.hiddenSize}, options).normal_(0, deviation, generator);
    addParameter("memory_token_embed.weight", m_embeddings);
    if (!config.slotScale)
        return;
    const auto norm = m_base.finalNorm.to(at::kFloat).pow(2).mean().sqrt().item<double>();
    m_slotScale = at::full({m_config.hiddenSize}, deviation / norm, options);
    addParameter("slot_scale", m_slotScale);
}

void TrainNetwork::loadAdapter(const AdapterFile& file)
{
    if (const auto why = whyAdapterDoesNotFit(file, m_config); !why.empty())
        throw Error(ErrorKind::Mismatch,
                    "The adapter " + file.weights.string() + " does not fit this base: " + why + ".",
                    "Start from an adapter of this base.");
    const at::NoGradGuard guard;
    FiniteCheck finite;
    for (const auto& parameter : m_parameters) {
        const bool ofAdapter = parameter.name.starts_with("icae.") || parameter.name == "slot_scale"
            || parameter.name == "memory_token_embed.weight";
        if (!ofAdapter)
            continue;
        const auto own = file.tensors.find(parameter.name);
        if (own == file.tensors.end() || own->second.shape != parameter.value.sizes())
            throw Error(ErrorKind::Mismatch,
                        "The adapter " + file.weights.string() + " differs from the job's in " + parameter.name + ".",
                        "Give the job the same LoRA rank, targets, slots and slot scale as that adapter.");
        parameter.value.copy_(toTensor(own->second));
        finite.add(parameter.name, parameter.value);
    }
    for (const auto& store : file.stores)
        store->requireUnchanged();
    finite.require(file.weights.string());
}

double TrainNetwork::loraScale() const
{
    return m_adapterConfig.alpha / static_cast<double>(m_adapterConfig.rank);
}

TrainNetwork::Weights TrainNetwork::cast(bool encoder) const
{
    const auto dtype = m_options.dtype;
    Weights weights;
    const auto embedding = m_base.embedding.to(dtype);
    weights.head = m_config.tiedEmbeddings ? embedding : m_base.head.to(dtype);
    weights.table = m_hasAdapter ? at::cat({embedding, m_embeddings.to(dtype)}, 0) : embedding;
    weights.finalNorm = m_base.finalNorm.to(dtype);
    for (const auto& layer : m_base.layers) {
        Layer own;
        for (const auto& [member, name] : layerTensors)
            own.weights.*member = castIfAny(layer.*member, dtype);
        weights.decoder.push_back(std::move(own));
    }
    if (!encoder)
        return weights;
    weights.encoder = weights.decoder;
    for (std::size_t i = 0; i < m_lora.size(); ++i) {
        auto& layer = weights.encoder[i];
        for (std::size_t p = 0; p < products.size(); ++p) {
            if (m_lora[i][p].empty())
                continue;
            if (m_options.loraDropout > 0)
                layer.lora[p] = m_lora[i][p];
            else
                layer.weights.*products[p] = mergeLora(layer.weights.*products[p], m_lora[i][p], loraScale());
        }
    }
    return weights;
}

Rotary TrainNetwork::rotaryAt(const at::Tensor& positions) const
{
    const auto angles = positions.unsqueeze(-1) * m_base.inverseFrequencies;
    // Rounded to the computing dtype, as HF does.
    return {angles.cos().to(m_options.dtype).to(at::kFloat), angles.sin().to(m_options.dtype).to(at::kFloat)};
}

at::Tensor TrainNetwork::project(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                 const std::vector<LoraPair>& lora, const Rows& rows) const
{
    auto out = at::linear(x, weight, bias.defined() ? c10::optional<at::Tensor>(bias) : c10::nullopt);
    for (const auto& pair : lora) {
        const auto dropped =
            x * dropoutMask(rows.dropoutKeys, x.size(1), pair.number, m_options.loraDropout, x.scalar_type());
        const auto delta = at::linear(at::linear(dropped, pair.a.to(x.scalar_type())), pair.b.to(x.scalar_type()));
        out.narrow(1, pair.firstRow, pair.b.size(0)).add_(delta, loraScale());
    }
    return out;
}

/// Of each example its own, the same at all its tokens (Raffel et al. 2020, T5): of what a text's tokens say, whole
/// features are missing, which their neighbours cannot make up for.
at::Tensor TrainNetwork::keptOf(const DeviceBatch& batch) const
{
    if (m_options.questionDropout <= 0 || batch.sequenceKeys.numel() == 0)
        return {};
    const auto places = 1 + 2 * m_config.layers;
    return dropoutMask(batch.sequenceKeys, places * m_config.hiddenSize, 0, m_options.questionDropout, m_options.dtype)
        .view({-1, places, m_config.hiddenSize});
}

TrainNetwork::Residual TrainNetwork::runLayer(const Layer& layer, int64_t number, const at::Tensor& x,
                                              const at::Tensor& added, const Rows& rows) const
{
    const auto drop = [&](const at::Tensor& branch, int64_t place) {
        return rows.kept.defined() ? dropped(branch, rows.kept, place) : branch;
    };
    const auto& w = layer.weights;
    const auto& k = *m_kernels;
    const auto [sum, normed] = addRmsNorm(k, x, added, w.inputNorm, m_config.rmsEps);
    const HeadShape heads{m_config.heads, m_config.kvHeads, m_config.headDim};
    auto qkv = project(normed, w.qkv, w.qkvBias, layer.lora[0], rows);
    if (m_config.normsHeads)
        qkv = normHeads(k, qkv, w.headInputs(m_config), heads);
    const auto [q, keys, values] = rotateSplit(k, qkv, rows.rotary, heads, rows.batch);
    const auto attended = compat::attention(q, keys, values, {}).transpose(1, 2).reshape({x.size(0), -1});
    const auto [sum2, normed2] =
        addRmsNorm(k, sum, drop(project(attended, w.o, w.oBias, layer.lora[1], rows), 1 + 2 * number), w.postNorm,
                   m_config.rmsEps);
    const auto inner = swiglu(k, project(normed2, w.gateUp, {}, layer.lora[2], rows));
    return {sum2, drop(project(inner, w.down, {}, layer.lora[3], rows), 2 + 2 * number)};
}

TrainNetwork::Residual TrainNetwork::run(const std::vector<Layer>& layers, const at::Tensor& embeddings,
                                         const Rows& rows) const
{
    Residual state{rows.kept.defined() ? dropped(embeddings, rows.kept, 0) : embeddings, {}};
    for (std::size_t number = 0; number < layers.size(); ++number) {
        const auto& layer = layers[number];
        const auto place = static_cast<int64_t>(number);
        if (!m_options.checkpointActivations || !at::GradMode::is_enabled()) {
            state = runLayer(layer, place, state.first, state.second, rows);
            continue;
        }
        const auto again = [this, place, rows](const std::vector<at::Tensor>& in) -> std::vector<at::Tensor> {
            Layer copy;
            for (std::size_t i = 0; i < layerTensors.size(); ++i)
                copy.weights.*layerTensors[i].first = in[2 + i];
            const auto out = runLayer(copy, place, in[0], in[1], rows);
            return {out.first, out.second};
        };
        std::vector<at::Tensor> in{state.first, state.second};
        for (const auto& [member, name] : layerTensors)
            in.push_back(layer.weights.*member);
        const auto out = checkpointed(again, in);
        state = {out[0], out[1]};
    }
    return state;
}

at::Tensor TrainNetwork::encode(const Weights& weights, const DeviceBatch& batch) const
{
    const auto x = at::embedding(weights.table, batch.spanIds.flatten());
    const auto keys = m_options.loraDropout > 0 ? dropoutKeys(batch.dropoutKeys, batch.spanIds.size(1)) : at::Tensor();
    const auto [sum, added] = run(weights.encoder, x, {rotaryAt(batch.spanPositions), batch.spanIds.size(0), keys, {}});
    const auto rows = at::index_select(sum, 0, batch.slotRows);
    const auto normed =
        addRmsNorm(*m_kernels, rows, at::index_select(added, 0, batch.slotRows), weights.finalNorm, m_config.rmsEps)
            .second;
    return m_slotScale.defined() ? normed * m_slotScale.to(normed.scalar_type()) : normed;
}

at::Tensor TrainNetwork::slots(const DeviceBatch& batch) const
{
    return encode(cast(true), batch);
}

at::Tensor TrainNetwork::loss(const DeviceBatch& batch) const
{
    const bool overSlots = batch.slotsOfSequence > 0;
    const auto weights = cast(overSlots);
    const int64_t sequences = batch.textIds.size(0);
    const int64_t length = batch.textIds.size(1);
    const int64_t before = batch.leftIds.size(1) + batch.slotsOfSequence;
    const int64_t d = m_config.hiddenSize;
    auto x = at::embedding(weights.table, batch.textIds);
    if (overSlots) {
        const auto slots = encode(weights, batch).view({sequences, batch.slotsOfSequence, d});
        x = at::cat({at::embedding(weights.table, batch.leftIds), slots, x}, 1);
    }
    const auto [sum, added] =
        run(weights.decoder, x.reshape({-1, d}), {rotaryAt(batch.positions), sequences, {}, keptOf(batch)});
    const auto read = [&](const at::Tensor& states) {
        return states.view({sequences, before + length, d}).narrow(1, before, length).reshape({-1, d});
    };
    const auto normed = addRmsNorm(*m_kernels, read(sum), read(added), weights.finalNorm, m_config.rmsEps).second;
    return linearCrossEntropy(*m_kernels, normed, weights.head, batch.targets, batch.factor);
}

LlmWeights TrainNetwork::decoderWeights() const
{
    const at::NoGradGuard guard;
    LlmWeights weights = m_base;
    const auto dtype = m_options.dtype;
    weights.embedding = m_base.embedding.detach().to(dtype);
    weights.head = m_config.tiedEmbeddings ? weights.embedding : m_base.head.detach().to(dtype);
    weights.finalNorm = m_base.finalNorm.detach().to(dtype);
    for (auto& layer : weights.layers)
        for (const auto& [member, name] : layerTensors)
            if ((layer.*member).defined())
                layer.*member = (layer.*member).detach().to(dtype);
    return weights;
}

Adapter TrainNetwork::adapter(const LlmWeights& decoder) const
{
    const at::NoGradGuard guard;
    Adapter adapter;
    adapter.config = m_adapterConfig;
    adapter.encoder = decoder;
    for (std::size_t i = 0; i < m_lora.size(); ++i)
        for (std::size_t p = 0; p < products.size(); ++p)
            if (!m_lora[i][p].empty()) {
                auto& weight = adapter.encoder.layers[i].*products[p];
                weight = mergeLora(weight, m_lora[i][p], loraScale());
            }
    adapter.embeddings = m_embeddings.detach().to(m_options.dtype);
    if (m_slotScale.defined())
        adapter.slotScale = m_slotScale.detach().to(m_options.dtype);
    return adapter;
}

std::vector<std::pair<std::string, at::Tensor>> TrainNetwork::adapterTensors() const
{
    std::vector<std::pair<std::string, at::Tensor>> tensors;
    const auto add = [&](const std::string& name, const at::Tensor& value) {
        if (value.defined())
            tensors.emplace_back(name, value.detach().to(at::kCPU).contiguous());
    };
    forEachPair(m_config, m_adapterConfig, m_lora,
                [&](std::size_t layer, const LinearSpec& linear, const LoraPair& pair) {
                    add(loraName(layer, linear, 'A'), pair.a);
                    add(loraName(layer, linear, 'B'), pair.b);
                });
    add("memory_token_embed.weight", m_embeddings);
    add("slot_scale", m_slotScale);
    return tensors;
}

std::vector<std::pair<std::string, at::Tensor>> TrainNetwork::baseTensors() const
{
    std::vector<std::pair<std::string, at::Tensor>> tensors;
    for (const auto& weight : expectedWeights(m_config))
        tensors.emplace_back(weight.name,
                             placeOf(m_config, m_base, weight.name).detach().to(at::kCPU, at::kBFloat16).contiguous());
    return tensors;
}

LlmWeights freshWeights(const LlmConfig& config, const at::Device& device, std::uint64_t seed)
{
    auto generator = at::detail::createCPUGenerator(seed);
    auto weights = randomWeights(config, at::kCPU, at::kFloat);
    const double inner = 0.02 / std::sqrt(2.0 * static_cast<double>(config.layers));
    const auto draw = [&](at::Tensor& place, double deviation) {
        place = place.normal_(0, deviation, generator).to(device);
    };
    draw(weights.embedding, 0.02);
    if (config.tiedEmbeddings)
        weights.head = weights.embedding;
    else
        draw(weights.head, 0.02);
    weights.finalNorm = weights.finalNorm.to(device);
    weights.inverseFrequencies = weights.inverseFrequencies.to(device);
    for (auto& layer : weights.layers) {
        for (const auto& [member, name] : layerTensors)
            if ((layer.*member).defined() && (layer.*member).dim() == 1)
                layer.*member = (layer.*member).to(device);
        draw(layer.qkv, 0.02);
        draw(layer.gateUp, 0.02);
        draw(layer.o, inner);
        draw(layer.down, inner);
    }
    return weights;
}

} // namespace icae

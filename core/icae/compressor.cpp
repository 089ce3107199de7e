#include "icae/compressor.h"

#include "protocol/error.h"
#include "tensor/compat.h"
#include "tensor/finite.h"
#include "tensor/sha256.h"
#include "text/spans.h"

#include <algorithm>

namespace icae {

namespace {

// Enough rows for fast products, few enough to show progress and to stop soon. Measured on two cores.
constexpr std::int64_t cpuTokensAtOnce = 1280;
constexpr std::int64_t mostGpuTokensAtOnce = 65536;

std::int64_t inRange(const std::optional<std::int64_t>& asked, std::int64_t fallback, std::int64_t greatest,
                     const std::string& what)
{
    const auto value = asked.value_or(fallback);
    if (value >= 1 && value <= greatest)
        return value;
    throw Error(ErrorKind::InvalidInput,
                std::to_string(value) + " " + what + " were asked for; this adapter allows 1 to "
                    + std::to_string(greatest) + ".",
                "Choose a number in this range.");
}

} // namespace

Compressor::Compressor(const Model& model)
    : m_model(model)
{
}

/// What the widest tensors of a layer take bounds how many tokens go in at once.
std::int64_t Compressor::tokensAtOnce() const
{
    if (m_model.device().device.is_cpu())
        return cpuTokensAtOnce;
    const auto& c = m_model.config();
    const std::int64_t numbers = 4 * c.hiddenSize + 2 * (c.heads + 2 * c.kvHeads) * c.headDim + 3 * c.intermediateSize;
    const auto bytes = numbers * static_cast<std::int64_t>(c10::elementSize(m_model.weights().dtype()));
    const auto free = deviceMemory(m_model.device().device).free;
    return std::clamp<std::int64_t>(free / 2 / bytes, 1, mostGpuTokensAtOnce);
}

std::int64_t Compressor::spansAtOnce(std::int64_t tokens, std::int64_t slots) const
{
    return std::max<std::int64_t>(1, tokensAtOnce() / (tokens + slots));
}

at::Tensor Compressor::forward(const at::Tensor& ids, std::int64_t slots, const std::stop_token& stop) const
{
    const auto& adapter = m_model.adapter();
    const auto device = m_model.device().device;
    const std::int64_t batch = ids.size(0);
    const std::int64_t length = ids.size(1);
    const auto memory = adapter.memoryTokens(slots).unsqueeze(0).expand({batch, -1, -1});
    const auto embeddings = at::cat({Decoder::embed(adapter.encoder, ids.to(device)), memory}, 1);
    auto row = encoderPositions(adapter.config.layout, {length, slots});
    const auto positions = at::from_blob(row.data(), {1, length + slots}, at::kFloat).to(device).expand({batch, -1});
    const auto states = m_model.decoder().hidden(adapter.encoder, embeddings, positions.contiguous(), slots, stop);
    return adapter.slotScale.defined() ? states * adapter.slotScale : states;
}

at::Tensor Compressor::encode(const at::Tensor& ids, std::int64_t slots, const ProgressCallback& progress,
                              const std::stop_token& stop) const
{
    const c10::InferenceMode noGradients;
    checkPositions(m_model.config(),
                   static_cast<double>(encoderPositions(m_model.adapter().config.layout, {ids.size(1), slots}).back()));
    const std::int64_t atOnce = spansAtOnce(ids.size(1), slots);
    std::vector<at::Tensor> parts;
    try {
        for (std::int64_t first = 0; first < ids.size(0); first += atOnce) {
            const auto part = ids.narrow(0, first, std::min(atOnce, ids.size(0) - first));
            parts.push_back(forward(part, slots, stop));
            if (progress)
                progress({"Compressing", static_cast<double>(part.size(0) * ids.size(1)), 0, "tokens"});
        }
        return at::cat(parts, 0);
    } catch (const std::exception& e) {
        compat::rethrowOutOfMemory(e, "compressing", describeDevice(m_model.device().device));
        throw;
    }
}

Memory Compressor::compress(std::string_view text, const CompressOptions& options, const ProgressCallback& progress,
                            const std::stop_token& stop) const
{
    auto memory = compress(m_model.encodeContext(text), options, progress, stop);
    memory.header.sourceHash = sha256(text);
    return memory;
}

MemoryHeader Compressor::plan(std::span<const Token> tokens, const CompressOptions& options) const
{
    const auto& config = m_model.adapter().config;
    const auto slots = inRange(options.slots, config.slots, config.slots, "slots a span");
    const auto longest = inRange(options.spanTokens, config.spanTokens,
                                 std::max(config.spanTokens, m_model.config().maxPositions), "tokens a span");
    if (tokens.empty())
        throw Error(ErrorKind::InvalidInput, "There is no text to compress.", "Give at least one character.");

    MemoryHeader header;
    header.sourceTokens = static_cast<std::int64_t>(tokens.size());
    header.layout = config.layout;
    header.dtype = dtypeName(m_model.weights().dtype());
    header.adapterHash = m_model.adapterHash();
    header.adapterName = m_model.paths().adapter.filename().string();
    header.baseConfigHash = m_model.baseHashes().config;
    header.baseWeightsHash = m_model.baseHashes().weights;
    for (const auto& range : planSpans(tokens.size(), static_cast<std::size_t>(longest)))
        header.spans.push_back({{static_cast<std::int64_t>(range.count), slots},
                                static_cast<std::int64_t>(range.first),
                                tokens[range.first].begin,
                                tokens[range.first + range.count - 1].end});
    return header;
}

Memory Compressor::compress(std::span<const Token> tokens, const CompressOptions& options,
                            const ProgressCallback& progress, const std::stop_token& stop) const
{
    Memory memory;
    memory.header = plan(tokens, options);
    memory.header.sourceName = options.sourceName;
    const auto first = memory.header.spans.front().shape;

    auto ids = at::empty({static_cast<std::int64_t>(tokens.size())}, at::kLong);
    std::transform(tokens.begin(), tokens.end(), ids.data_ptr<int64_t>(), [](const Token& token) { return token.id; });
    double done = 0;
    const ProgressCallback total = [&](const Progress& part) {
        done += part.done;
        if (progress)
            progress({part.phase, done, static_cast<double>(tokens.size()), part.unit});
    };
    // All spans but the last have one length; the last has its own.
    const std::int64_t length = first.tokens;
    const std::int64_t full = ids.size(0) / length;
    std::vector<at::Tensor> parts;
    parts.push_back(
        encode(ids.narrow(0, 0, full * length).view({full, length}), first.slots, total, stop).flatten(0, 1));
    if (const auto rest = ids.size(0) - full * length; rest > 0)
        parts.push_back(
            encode(ids.narrow(0, full * length, rest).view({1, rest}), first.slots, total, stop).flatten(0, 1));
    memory.slots = at::cat(parts, 0);
    requireFinite(memory.slots, "The memory slots");
    return memory;
}

} // namespace icae

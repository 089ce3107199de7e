#include "icae/memory.h"

#include "protocol/error.h"
#include "tensor/finite.h"
#include "tensor/tensor_data.h"

#include <fstream>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto slotsName = "slots";

void refuseOther(const std::string& what, const std::string& source, const std::string& theirs, const std::string& ours)
{
    if (theirs == ours)
        return;
    throw Error(ErrorKind::Mismatch,
                source + " was made with another " + what + " (hash " + theirs.substr(0, 12)
                    + "…) than the one that is loaded (" + ours.substr(0, 12) + "…).",
                "Load the model that made the memory, or compress the text again.");
}

} // namespace

at::Tensor Memory::slotsOf(std::size_t span) const
{
    std::int64_t first = 0;
    for (std::size_t i = 0; i < span; ++i)
        first += header.spans[i].shape.slots;
    return slots.narrow(0, first, header.spans[span].shape.slots);
}

void Memory::save(const fs::path& path) const
{
    const auto onHost = slots.to(at::kCPU).contiguous();
    writeSafetensors(path, {viewOf(slotsName, onHost)}, toMetadata(header));
}

Memory Memory::load(const fs::path& path, const Model& model)
{
    const auto store = TensorStore::open(path);
    Memory memory;
    memory.header = parseMemoryMetadata(store->metadata(), path.string());
    const auto& header = memory.header;
    requireSameModel(header, model, path.string());
    const auto& view = store->tensor(slotsName);
    if (view.shape != std::vector{header.slots(), model.config().hiddenSize})
        throw Error(ErrorKind::InvalidInput, "The slots in " + path.string() + " do not have the shape its spans say.",
                    "Compress the text again.");
    memory.slots = toTensor(view).to(model.device().device, model.weights().dtype());
    FiniteCheck finite;
    finite.add(slotsName, memory.slots);
    store->requireUnchanged();
    finite.require(path.string());
    return memory;
}

std::optional<MemoryHeader> Memory::readHeader(const fs::path& path)
{
    if (!looksLikeMemory(path))
        return std::nullopt;
    const auto store = TensorStore::open(path);
    if (!isMemoryMetadata(store->metadata()))
        return std::nullopt;
    return parseMemoryMetadata(store->metadata(), path.string());
}

void Memory::requireSameModel(const MemoryHeader& header, const Model& model, const std::string& source)
{
    const auto& base = model.base();
    refuseOther("base configuration", source, header.baseConfigHash, base.config(header.baseConfigHash));
    refuseOther("base", source, header.baseWeightsHash, base.weights(header.baseWeightsHash));
    refuseOther("adapter", source, header.adapterHash, model.adapterHash());
}

bool Memory::looksLikeMemory(const fs::path& path)
{
    // Bytes 8 and 9 of any safetensors file open its JSON header; a text that starts so would hold zero bytes before.
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) // what can be read only once is not looked at
        return false;
    std::ifstream file(path, std::ios::binary);
    std::array<char, 9> start{};
    file.read(start.data(), start.size());
    return file.gcount() == static_cast<std::streamsize>(start.size()) && start[8] == '{' && start[7] == '\0';
}

std::vector<SpanRef> allSpans(std::span<const Memory> memories)
{
    std::vector<SpanRef> refs;
    for (const auto& memory : memories)
        for (std::size_t i = 0; i < memory.header.spans.size(); ++i)
            refs.push_back({&memory, i});
    return refs;
}

} // namespace icae

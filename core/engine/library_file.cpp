#include "engine/library_file.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/json_text.h"
#include "tensor/sha256.h"
#include "tensor/tensor_data.h"

namespace icae {

namespace {

constexpr auto slotsName = "slots";
constexpr auto textKey = "text";
constexpr auto labelKey = "library";
constexpr std::size_t idDigits = 32;

LibraryFile parse(const std::map<std::string, std::string>& metadata, const std::string& source)
{
    LibraryFile file;
    file.header = parseMemoryMetadata(metadata, source);
    if (const auto text = metadata.find(textKey); text != metadata.end()) {
        file.text = text->second;
        if (!file.text.empty() && sha256(file.text) != file.header.sourceHash)
            throw Error(ErrorKind::InvalidInput, source + " is damaged: its text is not the one that was compressed.",
                        "Delete it, and add the text again.");
    }
    if (const auto label = metadata.find(labelKey); label != metadata.end())
        file.label = fromJson<LibraryLabel>(JsonReader::parse(label->second, source));
    if (file.label.name.empty())
        file.label.name = file.header.sourceName.empty() ? "Unnamed" : file.header.sourceName;
    return file;
}

} // namespace

std::string LibraryFile::id() const
{
    auto content = header.sourceHash + header.adapterHash + header.baseConfigHash + header.baseWeightsHash;
    for (const auto& span : header.spans)
        content += " " + std::to_string(span.shape.tokens) + ":" + std::to_string(span.shape.slots);
    return sha256(content).substr(0, idDigits);
}

LibraryFile LibraryFile::read(const std::filesystem::path& path)
{
    const auto store = TensorStore::open(path);
    auto file = parse(store->metadata(), path.string());
    const auto& view = store->tensor(slotsName);
    if (view.shape.size() != 2 || view.shape.front() != file.header.slots())
        throw Error(ErrorKind::InvalidInput, "The slots in " + path.string() + " do not have the shape its spans say.",
                    "Delete it, and compress the text again.");
    store->requireUnchanged();
    return file;
}

at::Tensor LibraryFile::slots(const std::filesystem::path& path)
{
    const auto store = TensorStore::open(path);
    auto slots = toTensor(store->tensor(slotsName));
    store->requireUnchanged();
    return slots;
}

void LibraryFile::write(const std::filesystem::path& path, const at::Tensor& slots) const
{
    auto metadata = toMetadata(header);
    metadata[textKey] = text;
    metadata[labelKey] = jsonText(FieldWriter::encode(label));
    const auto onHost = slots.to(at::kCPU).contiguous();
    writeSafetensors(path, {viewOf(slotsName, onHost)}, metadata);
}

} // namespace icae

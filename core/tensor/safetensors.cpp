#include "tensor/safetensors.h"

#include "protocol/error.h"
#include "protocol/json_text.h"
#include "protocol/placeholder.h"
#include "tensor/atomic_file.h"
#include "tensor/mapped_file.h"
#include "tensor/weight_files.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <utility>

namespace icae {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uint64_t longestHeader = 100'000'000; // the reference implementation's limit
constexpr int deepestHeader = 3;
constexpr std::string_view metadataKey = "__metadata__";

struct DTypeInfo {
    DType dtype;
    std::string_view name;
    std::int64_t size;
};
constexpr std::array dtypes{
    DTypeInfo{DType::F64, "F64", 8},   DTypeInfo{DType::F32, "F32", 4}, DTypeInfo{DType::F16, "F16", 2},
    DTypeInfo{DType::BF16, "BF16", 2}, DTypeInfo{DType::I64, "I64", 8}, DTypeInfo{DType::I32, "I32", 4},
    DTypeInfo{DType::I16, "I16", 2},   DTypeInfo{DType::I8, "I8", 1},   DTypeInfo{DType::U8, "U8", 1},
    DTypeInfo{DType::Bool, "BOOL", 1}, DTypeInfo{DType::Other, "?", 0},
};

const DTypeInfo& info(DType dtype)
{
    return *std::find_if(dtypes.begin(), dtypes.end(), [&](const auto& entry) { return entry.dtype == dtype; });
}

[[noreturn]] void torn(const std::string& source, const std::string& why, const std::string& details = {})
{
    throw Error(ErrorKind::InvalidInput, source + " is not a usable safetensors file: " + why + ".",
                "Download or copy the file again; it is damaged or incomplete.", details);
}

[[noreturn]] void tornTensor(const std::string& source, const std::string& name, const std::string& why)
{
    torn(source, "tensor \"" + name + "\" " + why);
}

/// Looks at a header while it is parsed, so that what is no header is refused before it has taken memory.
class HeaderWatch {
public:
    explicit HeaderWatch(const std::string& source)
        : m_source(source)
    {
    }

    /// As json::parser_callback_t. @param depth of what is parsed: 0 for the header itself
    bool operator()(int depth, json::parse_event_t event, const json& parsed)
    {
        using Event = json::parse_event_t;
        if (depth > deepestHeader)
            torn(m_source, "its header is nested too deeply");
        const bool opens = event == Event::object_start || event == Event::array_start;
        if (depth == 0 && (event == Event::array_start || event == Event::value))
            torn(m_source, "its header is not a JSON object");
        if (depth == 1 && event == Event::array_start)
            tornTensor(m_source, m_name, notDescribed);
        if (depth == 1 && event == Event::value)
            m_odd = m_name;
        if (opens)
            m_items = 0;
        if (event == Event::object_start)
            m_keys.emplace_back();
        else if (event == Event::object_end)
            close(depth);
        else if (event == Event::key)
            open(depth, parsed.get<std::string>());
        else if (event == Event::value && ++m_items > mostItems)
            tornTensor(m_source, m_name, "has a list of more than " + std::to_string(mostItems) + " numbers");
        return true;
    }

private:
    static constexpr std::size_t mostItems = 64; // of a shape
    static constexpr std::size_t mostMetadata = std::size_t{1} << 16U;
    static constexpr std::size_t fieldsOfTensor = 3;
    static constexpr auto notDescribed = "is not described by an object";

    void open(int depth, const std::string& key)
    {
        m_items = 0;
        if (depth == 1)
            m_name = key;
        auto& keys = m_keys.back();
        if (!keys.insert(key).second)
            torn(m_source, "\"" + key + "\" appears twice in its header");
        if (!m_odd.empty())
            tornTensor(m_source, m_odd, notDescribed);
        if (depth == 2 && keys.size() > mostMetadata)
            torn(m_source, "\"" + m_name + "\" has more than " + std::to_string(mostMetadata) + " entries");
    }

    void close(int depth)
    {
        if (depth == 1 && m_name != metadataKey && m_keys.back().size() < fieldsOfTensor)
            tornTensor(m_source, m_name, "lacks dtype, shape or data_offsets");
        m_keys.pop_back();
    }

    const std::string& m_source;
    std::vector<std::set<std::string>> m_keys; ///< of the objects around what is parsed
    std::string m_name; ///< of the tensor
    std::string m_odd; ///< the first tensor that is no object
    std::size_t m_items = 0; ///< values since the last key or opening bracket
};

/// The header as JSON, without duplicate keys and without deep nesting.
json parseHeader(std::string_view text, const std::string& source)
{
    HeaderWatch watch(source);
    json header;
    try {
        header = json::parse(text, std::ref(watch));
    } catch (const json::exception& e) {
        torn(source, "its header is not valid JSON", e.what());
    }
    if (!header.is_object())
        torn(source, "its header is not a JSON object");
    return header;
}

std::uint64_t naturalNumber(const json& value, const std::string& source, const std::string& name, const char* what)
{
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        tornTensor(source, name, std::string("has a ") + what + " that is not a whole number below 2^63");
    return value.get<std::uint64_t>();
}

TensorView parseTensor(const std::string& name, const json& entry, std::span<const std::byte> data,
                       const std::string& source)
{
    if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets"))
        tornTensor(source, name, "lacks dtype, shape or data_offsets");
    const auto& dtype = entry["dtype"];
    const auto& shape = entry["shape"];
    const auto& offsets = entry["data_offsets"];
    if (!dtype.is_string() || !shape.is_array() || !offsets.is_array() || offsets.size() != 2)
        tornTensor(source, name, "has a dtype, shape or data_offsets of the wrong kind");

    TensorView view;
    view.name = name;
    const auto known = std::find_if(dtypes.begin(), dtypes.end(),
                                    [&](const auto& candidate) { return candidate.name == dtype.get<std::string>(); });
    view.dtype = known == dtypes.end() ? DType::Other : known->dtype;
    auto size = static_cast<std::uint64_t>(sizeOf(view.dtype));
    for (const auto& extent : shape) {
        const auto n = naturalNumber(extent, source, name, "size");
        view.shape.push_back(static_cast<std::int64_t>(n));
        if (__builtin_mul_overflow(size, n, &size))
            tornTensor(source, name, "has a shape too large for any file");
    }
    const auto begin = naturalNumber(offsets[0], source, name, "offset");
    const auto end = naturalNumber(offsets[1], source, name, "offset");
    if (begin > end || end > data.size())
        tornTensor(source, name, "lies outside the file's data (the file is cut off, or its header is wrong)");
    if (view.dtype != DType::Other && size != end - begin)
        tornTensor(source, name,
                   "has a shape of " + std::to_string(size) + " bytes but " + std::to_string(end - begin)
                       + " bytes of data");
    view.data = data.subspan(begin, end - begin);
    return view;
}

/// Tensors must follow each other without overlap or gap, from the first byte of the data to the last.
void checkLayout(const std::map<std::string, TensorView>& tensors, std::span<const std::byte> data,
                 const std::string& source)
{
    std::vector<const TensorView*> order;
    order.reserve(tensors.size());
    for (const auto& [name, view] : tensors)
        order.push_back(&view);
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return std::pair(a->data.data(), a->data.size()) < std::pair(b->data.data(), b->data.size());
    });
    const std::byte* next = data.data();
    for (const auto* view : order) {
        if (view->data.data() < next)
            tornTensor(source, view->name, "overlaps another tensor");
        if (view->data.data() > next)
            tornTensor(source, view->name, "leaves a gap before it");
        next = view->data.data() + view->data.size();
    }
    if (next != data.data() + data.size())
        torn(source, std::to_string(data.data() + data.size() - next) + " bytes at its end belong to no tensor");
}

} // namespace

std::int64_t sizeOf(DType dtype)
{
    return info(dtype).size;
}

std::string_view nameOf(DType dtype)
{
    return info(dtype).name;
}

SafetensorsContent SafetensorsContent::parse(std::span<const std::byte> bytes, const std::string& source)
{
    std::uint64_t headerSize = 0;
    if (bytes.size() < sizeof headerSize)
        torn(source, "it has only " + std::to_string(bytes.size()) + " bytes");
    constexpr std::size_t enough = 256; // to know what stands in a file's place
    const auto* characters = reinterpret_cast<const char*>(bytes.data()); // NOLINT: bytes are characters
    refusePlaceholder({characters, std::min(bytes.size(), enough)}, source);
    std::memcpy(&headerSize, bytes.data(), sizeof headerSize);
    if (headerSize > longestHeader || headerSize > bytes.size() - sizeof headerSize)
        torn(source, "its header claims more bytes than the file has, or it is no safetensors file");
    const auto* text = reinterpret_cast<const char*>(bytes.data() + sizeof headerSize); // NOLINT: bytes are characters
    const auto header = parseHeader({text, headerSize}, source);
    const auto data = bytes.subspan(sizeof headerSize + headerSize);

    SafetensorsContent content;
    for (const auto& [name, entry] : header.items()) {
        if (name != metadataKey) {
            content.m_tensors.emplace(name, parseTensor(name, entry, data, source));
            continue;
        }
        if (!entry.is_object())
            torn(source, "its metadata is not an object");
        for (const auto& [key, value] : entry.items()) {
            if (!value.is_string())
                torn(source, "its metadata entry \"" + key + "\" is not a text");
            content.m_metadata[key] = value.get<std::string>();
        }
    }
    checkLayout(content.m_tensors, data, source);
    return content;
}

TensorStore::TensorStore() = default;
TensorStore::~TensorStore() = default;

void TensorStore::add(const fs::path& file)
{
    auto mapping = std::make_unique<MappedFile>(file);
    const auto content = SafetensorsContent::parse(mapping->bytes(), file.string());
    mapping->requireUnchanged();
    for (const auto& [name, view] : content.tensors())
        if (!m_tensors.emplace(name, view).second)
            tornTensor(file.string(), name, "is also in another file of this model");
    for (const auto& [key, value] : content.metadata())
        m_metadata[key] = value;
    m_files.push_back(file);
    m_mappings.push_back(std::move(mapping));
}

std::shared_ptr<const TensorStore> TensorStore::open(const fs::path& path)
{
    const std::shared_ptr<TensorStore> store(new TensorStore); // NOLINT: the constructor is private
    store->m_source = path.string();
    for (const auto& file : weightFiles(path))
        store->add(file);
    return store;
}

void TensorStore::requireUnchanged() const
{
    for (const auto& mapping : m_mappings)
        mapping->requireUnchanged();
}

bool TensorStore::contains(std::string_view name) const
{
    return m_tensors.find(name) != m_tensors.end();
}

const TensorView& TensorStore::tensor(std::string_view name) const
{
    const auto it = m_tensors.find(name);
    if (it == m_tensors.end())
        throw Error(ErrorKind::InvalidInput, m_source + " has no tensor \"" + std::string(name) + "\".",
                    "Check that this is the model that you mean.");
    if (it->second.dtype == DType::Other)
        throw Error(ErrorKind::Unsupported,
                    "Tensor \"" + std::string(name) + "\" of " + m_source
                        + " has an element type that is not supported.",
                    "Use weights in F32, F16 or BF16.");
    return it->second;
}

std::vector<std::string> TensorStore::names() const
{
    std::vector<std::string> names;
    names.reserve(m_tensors.size());
    for (const auto& [name, view] : m_tensors)
        names.push_back(name);
    return names;
}

void writeSafetensors(const fs::path& path, std::vector<TensorView> tensors,
                      const std::map<std::string, std::string>& metadata)
{
    std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
        return std::pair(-sizeOf(a.dtype), std::string_view(a.name))
            < std::pair(-sizeOf(b.dtype), std::string_view(b.name));
    });
    auto header = nlohmann::ordered_json::object();
    if (!metadata.empty())
        header[std::string(metadataKey)] = metadata;
    std::uint64_t offset = 0;
    for (const auto& tensor : tensors) {
        header[tensor.name] = {{"dtype", nameOf(tensor.dtype)},
                               {"shape", tensor.shape},
                               {"data_offsets", {offset, offset + tensor.data.size()}}};
        offset += tensor.data.size();
    }
    auto text = jsonText(header);
    text.append((8 - text.size() % 8) % 8, ' ');
    const std::uint64_t headerSize = text.size();

    AtomicFile file(path, headerSize + sizeof headerSize + offset);
    file.write(std::as_bytes(std::span(&headerSize, 1)));
    file.write(std::as_bytes(std::span(text)));
    for (const auto& tensor : tensors)
        file.write(tensor.data);
    file.commit();
}

} // namespace icae

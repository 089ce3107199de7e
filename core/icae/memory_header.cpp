#include "icae/memory_header.h"

#include "protocol/error.h"
#include "protocol/json.h"
#include "protocol/json_text.h"

namespace icae {

namespace {

constexpr auto formatKey = "format";
constexpr auto formatName = "icae-memory";
constexpr auto headerKey = "memory";
constexpr std::int64_t version = 1;
constexpr std::int64_t mostTokens = std::int64_t{1} << 31U; // a byte each of the longest text
constexpr std::int64_t largest = std::int64_t{1} << 40U;

[[noreturn]] void inconsistent(const std::string& source, const std::string& why)
{
    throw Error(ErrorKind::InvalidInput, source + " is not a usable memory: " + why + ".", "Compress the text again.");
}

} // namespace

std::int64_t MemoryHeader::slots() const
{
    std::int64_t total = 0;
    for (const auto& span : spans)
        total += span.shape.slots;
    return total;
}

double MemoryHeader::ratio() const
{
    return slots() == 0 ? 0.0 : static_cast<double>(sourceTokens) / static_cast<double>(slots());
}

nlohmann::json toJson(const MemoryHeader& header)
{
    nlohmann::json spans = nlohmann::json::array();
    for (const auto& span : header.spans)
        spans.push_back({{"tokens", span.shape.tokens},
                         {"slots", span.shape.slots},
                         {"first_token", span.firstToken},
                         {"begin_byte", span.beginByte},
                         {"end_byte", span.endByte}});
    return {
        {"version", version},
        {"source_name", header.sourceName},
        {"source_sha256", header.sourceHash},
        {"source_tokens", header.sourceTokens},
        {"spans", spans},
        {"position_layout", layoutName(header.layout)},
        {"dtype", header.dtype},
        {"adapter_sha256", header.adapterHash},
        {"adapter_name", header.adapterName},
        {"base_config_sha256", header.baseConfigHash},
        {"base_weights_sha256", header.baseWeightsHash},
    };
}

std::map<std::string, std::string> toMetadata(const MemoryHeader& header)
{
    return {{formatKey, formatName}, {headerKey, jsonText(toJson(header))}};
}

bool isMemoryMetadata(const std::map<std::string, std::string>& metadata)
{
    const auto format = metadata.find(formatKey);
    return format != metadata.end() && format->second == formatName;
}

MemoryHeader parseMemoryMetadata(const std::map<std::string, std::string>& metadata, const std::string& source)
{
    const auto text = metadata.find(headerKey);
    if (!isMemoryMetadata(metadata) || text == metadata.end())
        inconsistent(source, "it does not say that it is one");
    const auto json = JsonReader::parse(text->second, source);
    if (json.integer("version", 1, largest) != version)
        inconsistent(source, "a newer version of this program wrote it");
    MemoryHeader header;
    header.sourceName = json.text("source_name", "");
    header.sourceHash = json.text("source_sha256");
    header.sourceTokens = json.integer("source_tokens", 1, largest);
    const auto layout = json.text("position_layout");
    if (layout != "sequential" && layout != "spread")
        inconsistent(source, "its position layout \"" + layout + "\" is unknown");
    header.layout = layout == "spread" ? PositionLayout::Spread : PositionLayout::Sequential;
    header.dtype = json.text("dtype", "");
    header.adapterHash = json.text("adapter_sha256");
    header.adapterName = json.text("adapter_name", "");
    header.baseConfigHash = json.text("base_config_sha256");
    header.baseWeightsHash = json.text("base_weights_sha256");
    std::int64_t next = 0;
    for (const auto& entry : json.objects("spans")) {
        MemorySpan span;
        span.shape = {entry.integer("tokens", 1, largest), entry.integer("slots", 1, largest)};
        span.firstToken = entry.integer("first_token", 0, largest);
        span.beginByte = static_cast<std::size_t>(entry.integer("begin_byte", 0, largest, 0));
        span.endByte = static_cast<std::size_t>(entry.integer("end_byte", 0, largest, 0));
        if (span.firstToken != next)
            inconsistent(source, "its spans do not follow each other");
        next += span.shape.tokens;
        header.spans.push_back(span);
    }
    if (next > mostTokens)
        inconsistent(source, "it claims more tokens than the " + std::to_string(mostTokens) + " of the longest text");
    if (header.spans.empty() || next != header.sourceTokens)
        inconsistent(source, "its spans do not cover its source");
    return header;
}

} // namespace icae

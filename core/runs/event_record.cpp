#include "runs/event_record.h"

#include "runs/crc32c.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace icae {

namespace {

template <typename T> T raw(std::string_view bytes)
{
    T value{};
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

enum class Wire : unsigned { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

/// A field of a protocol buffers message.
struct Field {
    unsigned number = 0;
    Wire wire = Wire::Varint;
    std::uint64_t value = 0; ///< of a varint
    std::string_view bytes; ///< of all others
};

/// The fields of a message, one after the other.
class Message {
public:
    explicit Message(std::string_view bytes)
        : m_rest(bytes)
    {
    }

    /// Nothing at the end, or where the bytes are no message.
    std::optional<Field> next()
    {
        const auto key = m_rest.empty() ? std::nullopt : varint();
        if (!key)
            return fail(m_rest.empty() && !m_broken);
        Field field{static_cast<unsigned>(*key >> 3U), static_cast<Wire>(*key & 7U), 0, {}};
        switch (field.wire) {
        case Wire::Varint:
            if (const auto value = varint())
                field.value = *value;
            else
                return fail(false);
            return field;
        case Wire::Fixed64:
            return take(field, sizeof(std::uint64_t));
        case Wire::Fixed32:
            return take(field, sizeof(std::uint32_t));
        case Wire::Bytes:
            if (const auto size = varint())
                return take(field, *size);
            break;
        }
        return fail(false);
    }
    bool broken() const { return m_broken; }

private:
    std::optional<Field> fail(bool atEnd)
    {
        m_broken = m_broken || !atEnd;
        m_rest = {};
        return {};
    }

    std::optional<std::uint64_t> varint()
    {
        constexpr std::size_t longest = 10;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < std::min(longest, m_rest.size()); ++i) {
            const auto byte = static_cast<unsigned char>(m_rest[i]);
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * i);
            if ((byte & 0x80U) == 0) {
                m_rest.remove_prefix(i + 1);
                return value;
            }
        }
        m_broken = true;
        return {};
    }

    std::optional<Field> take(Field field, std::uint64_t size)
    {
        if (size > m_rest.size())
            return fail(false);
        field.bytes = m_rest.substr(0, size);
        m_rest.remove_prefix(size);
        return field;
    }

    std::string_view m_rest;
    bool m_broken = false;
};

double halfOf(std::uint16_t bits)
{
    const double sign = (bits & 0x8000U) != 0 ? -1 : 1;
    const int exponent = static_cast<int>(bits >> 10U & 0x1FU);
    const double fraction = bits & 0x3FFU;
    if (exponent == 31)
        return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                             : std::numeric_limits<double>::quiet_NaN();
    return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25));
}

double bfloatOf(std::uint16_t bits)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

// tensorflow.DataType.
constexpr std::uint64_t floatType = 1;
constexpr std::uint64_t doubleType = 2;
constexpr std::uint64_t int32Type = 3;
constexpr std::uint64_t int64Type = 9;
constexpr std::uint64_t bfloat16Type = 14;
constexpr std::uint64_t halfType = 19;

/// Bytes of a number of a type; 0 for what is no number.
std::size_t widthOf(std::uint64_t type)
{
    switch (type) {
    case doubleType:
    case int64Type:
        return 8;
    case floatType:
    case int32Type:
        return 4;
    case halfType:
    case bfloat16Type:
        return 2;
    default:
        return 0;
    }
}

double numberOf(std::uint64_t type, std::string_view bytes)
{
    switch (type) {
    case doubleType:
        return raw<double>(bytes);
    case int64Type:
        return static_cast<double>(raw<std::int64_t>(bytes));
    case floatType:
        return raw<float>(bytes);
    case int32Type:
        return raw<std::int32_t>(bytes);
    case halfType:
        return halfOf(raw<std::uint16_t>(bytes));
    default:
        return bfloatOf(raw<std::uint16_t>(bytes));
    }
}

/// TensorProto: dtype = 1, tensor_content = 4, and lists by type: float_val = 5, double_val = 6, int_val = 7,
/// int64_val = 10, half_val = 13, each packed or not.
std::optional<double> scalarOf(std::string_view tensor)
{
    std::uint64_t type = 0;
    std::string_view content;
    std::vector<double> listed;
    Message message(tensor);
    while (const auto field = message.next()) {
        const auto varints = [&](auto number) {
            if (field->wire == Wire::Varint)
                listed.push_back(number(field->value));
            std::uint64_t value = 0;
            unsigned shift = 0;
            for (const char c : field->wire == Wire::Bytes ? field->bytes : std::string_view()) {
                const auto byte = static_cast<unsigned char>(c);
                value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
                shift += 7;
                if ((byte & 0x80U) != 0 && shift < 64)
                    continue;
                listed.push_back(number(value));
                if (listed.size() > 1) // no scalar
                    break;
                value = 0;
                shift = 0;
            }
        };
        const auto fixed = [&](std::uint64_t of) {
            const auto width = widthOf(of);
            for (std::size_t at = 0; at + width <= field->bytes.size() && listed.size() < 2; at += width)
                listed.push_back(numberOf(of, field->bytes.substr(at, width)));
        };
        switch (field->number) {
        case 1:
            type = field->value;
            break;
        case 4:
            content = field->bytes;
            break;
        case 5:
            fixed(floatType);
            break;
        case 6:
            fixed(doubleType);
            break;
        case 7:
        case 10:
            varints([](std::uint64_t value) { return static_cast<double>(static_cast<std::int64_t>(value)); });
            break;
        case 13:
            varints([&](std::uint64_t value) {
                return type == bfloat16Type ? bfloatOf(static_cast<std::uint16_t>(value))
                                            : halfOf(static_cast<std::uint16_t>(value));
            });
            break;
        default:
            break;
        }
    }
    const auto width = widthOf(type);
    if (message.broken() || width == 0)
        return {};
    if (!content.empty())
        return content.size() == width ? std::optional(numberOf(type, content)) : std::nullopt;
    return listed.size() == 1 ? std::optional(listed.front()) : std::nullopt;
}

/// SummaryMetadata: plugin_data = 1, whose plugin_name = 1.
std::string_view pluginOf(std::string_view metadata)
{
    std::string_view name;
    for (Message message(metadata); const auto field = message.next();)
        if (field->number == 1 && field->wire == Wire::Bytes)
            for (Message plugin(field->bytes); const auto inner = plugin.next();)
                if (inner->number == 1 && inner->wire == Wire::Bytes)
                    name = inner->bytes;
    return name;
}

/// Summary.Value: tag = 1, simple_value = 2, tensor = 8, metadata = 9.
void readValue(std::string_view bytes, ScalarEvent& event)
{
    std::string tag;
    std::string_view plugin;
    std::optional<double> value;
    Message message(bytes);
    while (const auto field = message.next()) {
        if (field->number == 1 && field->wire == Wire::Bytes)
            tag = field->bytes;
        else if (field->number == 2 && field->wire == Wire::Fixed32)
            value = raw<float>(field->bytes);
        else if (field->number == 8 && field->wire == Wire::Bytes)
            value = scalarOf(field->bytes);
        else if (field->number == 9 && field->wire == Wire::Bytes)
            plugin = pluginOf(field->bytes);
    }
    const bool isScalar = plugin.empty() || plugin == "scalars"; // others write numbers that are no curves
    if (value && isScalar && !tag.empty() && !message.broken())
        event.values.emplace_back(std::move(tag), *value);
}

} // namespace

/// Event: wall_time = 1, step = 2, summary = 5, session_log = 7. Summary: value = 1. SessionLog: status = 1, START = 1.
std::optional<ScalarEvent> parseScalarEvent(std::string_view bytes)
{
    ScalarEvent event;
    Message message(bytes);
    while (const auto field = message.next()) {
        if (field->number == 1 && field->wire == Wire::Fixed64)
            event.wallTime = raw<double>(field->bytes);
        else if (field->number == 2 && field->wire == Wire::Varint)
            event.step = static_cast<std::int64_t>(field->value);
        else if (field->number == 5 && field->wire == Wire::Bytes)
            for (Message summary(field->bytes); const auto value = summary.next();) {
                if (value->number == 1 && value->wire == Wire::Bytes)
                    readValue(value->bytes, event);
            }
        else if (field->number == 7 && field->wire == Wire::Bytes)
            for (Message session(field->bytes); const auto status = session.next();)
                event.restarts = event.restarts || (status->number == 1 && status->value == 1);
    }
    return message.broken() ? std::nullopt : std::optional(std::move(event));
}

TakenRecord takeRecord(std::string_view bytes)
{
    constexpr std::size_t head = sizeof(std::uint64_t) + sizeof(std::uint32_t);
    constexpr std::size_t tail = sizeof(std::uint32_t);
    TakenRecord record;
    if (bytes.size() < head)
        return record;
    const auto length = bytes.substr(0, sizeof(std::uint64_t));
    const auto size = raw<std::uint64_t>(length);
    if (raw<std::uint32_t>(bytes.substr(length.size())) != maskedCrc32c(length) || size > UINT64_MAX / 2) {
        record.state = TakenRecord::State::Damaged;
        return record;
    }
    record.size = head + size + tail;
    if (bytes.size() < record.size)
        return record;
    record.data = bytes.substr(head, size);
    const auto sum = raw<std::uint32_t>(bytes.substr(head + size));
    record.state = sum == maskedCrc32c(record.data) ? TakenRecord::State::Whole : TakenRecord::State::Damaged;
    return record;
}

} // namespace icae

#pragma once

#include "protocol/json.h"
#include "protocol/request_id.h"

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace icae {

// A struct that crosses a boundary lists its fields once, for both directions:
//
//     static void describe(auto& value, auto&& field)
//     {
//         field.required("text", value.text); // reading fails without it
//         field("slots", value.slots);        // keeps its default where it is missing or null
//         field.written("spans", count);      // for readers of the JSON only
//         field.inlined("bleu", value.scores); // an optional struct whose fields stand among these; there if "bleu" is
//     }
//
// A described enum has an overload of `namesOf`, the names of its values in order, in its own namespace.

class FieldWriter;

template <typename T>
concept Described = std::is_class_v<T> && requires(const T& value, FieldWriter& writer)
{
    T::describe(value, writer);
};

template <typename T>
concept NamedEnum = std::is_enum_v<T> && requires(T value)
{
    namesOf(value)[0];
};

template <NamedEnum T> const char* nameOf(T value)
{
    return namesOf(value)[static_cast<std::size_t>(value)];
}

/// Writes a described struct's fields into a JSON object. An absent optional is null; so is a number that is not
/// finite.
class FieldWriter {
public:
    explicit FieldWriter(nlohmann::json& json)
        : m_json(json)
    {
    }

    void operator()(const char* key, const auto& value) { m_json[key] = encode(value); }
    void required(const char* key, const auto& value) { m_json[key] = encode(value); }
    void written(const char* key, const auto& value) { m_json[key] = encode(value); }

    template <Described T> void inlined(const char* /*key*/, const std::optional<T>& value)
    {
        static const T defaults{};
        const nlohmann::json fields = encode(value.value_or(defaults));
        for (const auto& [name, field] : fields.items())
            m_json[name] = value ? field : nlohmann::json();
    }

    template <typename T> static nlohmann::json encode(const T& value)
    {
        if constexpr (NamedEnum<T>) {
            return nameOf(value);
        } else if constexpr (Described<T>) {
            auto json = nlohmann::json::object();
            FieldWriter writer(json);
            T::describe(value, writer);
            return json;
        } else {
            return nlohmann::json(value);
        }
    }
    template <typename T> static nlohmann::json encode(const std::optional<T>& value)
    {
        return value ? encode(*value) : nlohmann::json();
    }
    template <typename T> static nlohmann::json encode(const std::vector<T>& values)
    {
        auto json = nlohmann::json::array();
        for (const auto& value : values)
            json.push_back(encode(value));
        return json;
    }
    static nlohmann::json encode(const RequestId& id) { return id.toJson(); }

private:
    nlohmann::json& m_json;
};

/// Reads a described struct's fields; every fault names the field, as JsonReader's do.
class FieldReader {
public:
    explicit FieldReader(const JsonReader& reader)
        : m_reader(reader)
    {
    }

    template <typename T> void operator()(const char* key, T& value)
    {
        if (m_reader.has(key))
            required(key, value);
    }

    void required(const char* key, bool& value) { value = m_reader.boolean(key); }
    void required(const char* key, std::string& value) { value = m_reader.text(key); }
    void required(const char* key, RequestId& value) { value = RequestId::read(m_reader, key); }
    template <std::integral T> void required(const char* key, T& value)
    {
        constexpr auto least = std::is_unsigned_v<T> ? 0 : static_cast<std::int64_t>(std::numeric_limits<T>::min());
        constexpr auto greatest = sizeof(T) < sizeof(std::int64_t)
            ? static_cast<std::int64_t>(std::numeric_limits<T>::max())
            : std::numeric_limits<std::int64_t>::max();
        value = static_cast<T>(m_reader.integer(key, least, greatest));
    }
    template <std::floating_point T> void required(const char* key, T& value)
    {
        constexpr auto greatest = static_cast<double>(std::numeric_limits<T>::max());
        value = static_cast<T>(m_reader.number(key, -greatest, greatest));
    }
    template <NamedEnum T> void required(const char* key, T& value)
    {
        const auto names = namesOf(T{});
        value = static_cast<T>(m_reader.oneOf(key, {names.begin(), names.end()}));
    }
    template <Described T> void required(const char* key, T& value) { read(m_reader.object(key), value); }
    template <typename T> void required(const char* key, std::optional<T>& value) { required(key, value.emplace()); }
    template <typename T> void required(const char* key, std::vector<T>& values)
    {
        values.clear();
        if constexpr (Described<T>) {
            for (const auto& item : m_reader.objects(key))
                read(item, values.emplace_back());
        } else if constexpr (std::is_same_v<T, std::string>) {
            values = m_reader.texts(key);
        } else if constexpr (NamedEnum<T>) {
            const auto names = namesOf(T{});
            for (const auto index : m_reader.allOf(key, {names.begin(), names.end()}))
                values.push_back(static_cast<T>(index));
        } else {
            for (const auto number :
                 m_reader.integers(key, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()))
                values.push_back(static_cast<T>(number));
        }
    }

    void written(const char* /*key*/, const auto& /*value*/) { }
    template <Described T> void inlined(const char* key, std::optional<T>& value)
    {
        if (m_reader.has(key))
            read(m_reader, value.emplace());
    }

    template <Described T> static void read(const JsonReader& reader, T& value)
    {
        FieldReader fields(reader);
        T::describe(value, fields);
    }

private:
    const JsonReader& m_reader;
};

/// For nlohmann::json(value).
template <Described T> void to_json(nlohmann::json& json, const T& value)
{
    json = FieldWriter::encode(value);
}

/// @throws Error (InvalidInput) naming the field that is missing, mistyped or out of range
template <Described T> T fromJson(const JsonReader& reader)
{
    T value;
    FieldReader::read(reader, value);
    return value;
}

} // namespace icae

#include "protocol/json.h"

#include "protocol/error.h"
#include "protocol/field_error.h"
#include "protocol/placeholder.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace icae {

namespace {

constexpr int deepest = 64;

Error notJson(const std::string& source, const std::string& why, std::string details = {})
{
    return {ErrorKind::InvalidInput, source + " " + why + ".",
            "Check that the file is complete and has not been edited by hand.", std::move(details)};
}

/// The parser's words without its own prefix; of a text of one line without "line 1", as the source may be a line
/// itself.
std::string placed(std::string words, std::string_view text)
{
    if (const auto end = words.find("] "); end != std::string::npos)
        words.erase(0, end + 2);
    constexpr std::string_view line = "line 1, ";
    const auto at = words.find(line);
    if (at != std::string::npos && text.find('\n') == std::string_view::npos)
        words.erase(at, line.size());
    return words;
}

/// Nesting is bounded before the parser recurses into it.
bool nestsTooDeep(std::string_view text, bool comments)
{
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (comments && !quoted && c == '/' && (next == '/' || next == '*')) { // as the parser skips them
            constexpr std::string_view lineEnds("\n\r\0", 3);
            const auto end = next == '/' ? text.find_first_of(lineEnds, i) : text.find("*/", i + 2);
            if (end == std::string_view::npos)
                return false;
            i = next == '/' ? end : end + 1;
            continue;
        }
        if (quoted) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > deepest)
                return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

} // namespace

JsonReader::JsonReader(nlohmann::json json, std::string source, std::string prefix)
    : m_json(std::move(json))
    , m_source(std::move(source))
    , m_prefix(std::move(prefix))
{
}

JsonReader::JsonReader(nlohmann::json object, std::string source)
    : JsonReader(std::move(object), std::move(source), {})
{
    if (!m_json.is_object())
        throw notJson(m_source, "does not hold a JSON object");
}

JsonReader JsonReader::parse(std::string_view text, std::string source, bool comments)
{
    if (nestsTooDeep(text, comments))
        throw notJson(source, "is nested more than " + std::to_string(deepest) + " levels deep");
    nlohmann::json json;
    try {
        json = nlohmann::json::parse(text, nullptr, true, comments);
    } catch (const nlohmann::json::exception& e) {
        refusePlaceholder(text, source);
        throw notJson(source, "is not valid JSON", placed(e.what(), text));
    }
    return {std::move(json), std::move(source)};
}

void JsonReader::requireKnown(const std::vector<std::string_view>& keys) const
{
    for (const auto& [name, value] : m_json.items()) {
        if (std::find(keys.begin(), keys.end(), name) != keys.end())
            continue;
        std::string known;
        for (const auto key : keys)
            known += (known.empty() ? "" : ", ") + std::string(key);
        throw FieldError(ErrorKind::InvalidInput, fieldName(name),
                         m_source + " has an unknown field \"" + fieldName(name) + "\".",
                         "Correct its name; known here are: " + known + ".");
    }
}

bool JsonReader::has(std::string_view key) const
{
    const auto it = m_json.find(key);
    return it != m_json.end() && !it->is_null();
}

std::string JsonReader::fieldName(std::string_view key) const
{
    return m_prefix + std::string(key);
}

const nlohmann::json& JsonReader::at(std::string_view key) const
{
    if (!has(key))
        throw FieldError(ErrorKind::InvalidInput, fieldName(key),
                         m_source + " lacks the field \"" + fieldName(key) + "\".",
                         "Add the field, or get the file again from where it came.");
    return *m_json.find(key);
}

void JsonReader::fail(std::string_view key, const std::string& expected) const
{
    throw FieldError(ErrorKind::InvalidInput, fieldName(key),
                     "The field \"" + fieldName(key) + "\" of " + m_source + " must be " + expected + ".",
                     "Correct the field, or get the file again from where it came.");
}

std::int64_t JsonReader::checkedInteger(const nlohmann::json& value, std::string_view key, std::int64_t least,
                                        std::int64_t greatest) const
{
    const bool fits = value.is_number_integer()
        && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX))
        && value.get<std::int64_t>() >= least && value.get<std::int64_t>() <= greatest;
    if (!fits)
        fail(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(greatest));
    return value.get<std::int64_t>();
}

std::int64_t JsonReader::integer(std::string_view key, std::int64_t least, std::int64_t greatest) const
{
    return checkedInteger(at(key), key, least, greatest);
}

std::int64_t JsonReader::integer(std::string_view key, std::int64_t least, std::int64_t greatest,
                                 std::int64_t fallback) const
{
    return has(key) ? integer(key, least, greatest) : fallback;
}

double JsonReader::number(std::string_view key, double least, double greatest) const
{
    const auto& value = at(key);
    const double result = value.is_number() ? value.get<double>() : std::nan("");
    if (!(result >= least && result <= greatest))
        fail(key, "a number from " + nlohmann::json(least).dump() + " to " + nlohmann::json(greatest).dump());
    return result;
}

double JsonReader::number(std::string_view key, double least, double greatest, double fallback) const
{
    return has(key) ? number(key, least, greatest) : fallback;
}

bool JsonReader::boolean(std::string_view key) const
{
    if (!at(key).is_boolean())
        fail(key, "true or false");
    return at(key).get<bool>();
}

bool JsonReader::boolean(std::string_view key, bool fallback) const
{
    return has(key) ? boolean(key) : fallback;
}

std::string JsonReader::text(std::string_view key) const
{
    if (!at(key).is_string())
        fail(key, "a text");
    return at(key).get<std::string>();
}

std::string JsonReader::text(std::string_view key, std::string fallback) const
{
    return has(key) ? text(key) : std::move(fallback);
}

std::string JsonReader::quoted(const std::vector<std::string>& names)
{
    std::string all;
    for (const auto& name : names)
        all += (all.empty() ? "\"" : ", \"") + name + "\"";
    return all;
}

std::size_t JsonReader::oneOf(std::string_view key, const std::vector<std::string>& allowed) const
{
    const auto& value = at(key);
    const auto found = value.is_string()
        ? std::find(allowed.begin(), allowed.end(), value.get_ref<const std::string&>())
        : allowed.end();
    if (found == allowed.end())
        fail(key, "one of " + quoted(allowed));
    return static_cast<std::size_t>(found - allowed.begin());
}

std::vector<std::size_t> JsonReader::allOf(std::string_view key, const std::vector<std::string>& allowed) const
{
    std::vector<std::size_t> indices;
    for (const auto& text : texts(key)) {
        const auto found = std::find(allowed.begin(), allowed.end(), text);
        if (found == allowed.end())
            fail(key, "a list of " + quoted(allowed));
        indices.push_back(static_cast<std::size_t>(found - allowed.begin()));
    }
    return indices;
}

std::vector<std::string> JsonReader::texts(std::string_view key) const
{
    std::vector<std::string> result;
    if (!has(key))
        return result;
    if (!at(key).is_array())
        fail(key, "a list of texts");
    for (const auto& item : at(key)) {
        if (!item.is_string())
            fail(key, "a list of texts");
        result.push_back(item.get<std::string>());
    }
    return result;
}

std::vector<std::int64_t> JsonReader::integers(std::string_view key, std::int64_t least, std::int64_t greatest) const
{
    std::vector<std::int64_t> result;
    if (!has(key))
        return result;
    if (!at(key).is_array())
        fail(key, "a list of whole numbers");
    for (const auto& item : at(key))
        result.push_back(checkedInteger(item, key, least, greatest));
    return result;
}

JsonReader JsonReader::object(std::string_view key) const
{
    if (!at(key).is_object())
        fail(key, "an object");
    return {at(key), m_source, fieldName(key) + "."};
}

JsonReader JsonReader::takeObject(std::string_view key)
{
    if (!at(key).is_object())
        fail(key, "an object");
    return {std::move(*m_json.find(key)), m_source, fieldName(key) + "."};
}

std::vector<JsonReader> JsonReader::objects(std::string_view key) const
{
    std::vector<JsonReader> result;
    if (!at(key).is_array())
        fail(key, "a list of objects");
    for (std::size_t i = 0; i < at(key).size(); ++i) {
        const auto& item = at(key)[i];
        if (!item.is_object())
            fail(key, "a list of objects");
        result.push_back({item, m_source, fieldName(key) + "[" + std::to_string(i) + "]."});
    }
    return result;
}

} // namespace icae

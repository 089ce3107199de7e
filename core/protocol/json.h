#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// Reads fields of a JSON object that somebody else wrote: every fault names the file and the field.
///
/// All readers throw Error (InvalidInput) where the value has another type or is out of range; the ones without a
/// fallback also where it is missing.
class JsonReader {
public:
    /// @param text JSON text of at most 64 nested levels; must hold one object
    /// @param source name for messages, e.g. the file's path
    /// @param comments whether // and /* */ are allowed
    static JsonReader parse(std::string_view text, std::string source, bool comments = false);
    /// Reads an object that has been parsed already.
    JsonReader(nlohmann::json object, std::string source);

    /// Refuses fields that nobody reads: most often they are misspelt.
    /// @throws Error (InvalidInput) naming the field and the known ones
    void requireKnown(const std::vector<std::string_view>& keys) const;

    bool has(std::string_view key) const; ///< present and not null
    std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t greatest) const;
    std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t greatest, std::int64_t fallback) const;
    double number(std::string_view key, double least, double greatest) const;
    double number(std::string_view key, double least, double greatest, double fallback) const;
    bool boolean(std::string_view key) const;
    bool boolean(std::string_view key, bool fallback) const;
    std::string text(std::string_view key) const;
    std::string text(std::string_view key, std::string fallback) const;
    /// Index of the text among those that are allowed.
    std::size_t oneOf(std::string_view key, const std::vector<std::string>& allowed) const;
    /// The same of a list of texts; empty where missing.
    std::vector<std::size_t> allOf(std::string_view key, const std::vector<std::string>& allowed) const;
    std::vector<std::string> texts(std::string_view key) const; ///< empty where missing
    std::vector<std::int64_t> integers(std::string_view key, std::int64_t least, std::int64_t greatest) const;
    JsonReader object(std::string_view key) const;
    /// The same, moved out of this reader: for large ones.
    JsonReader takeObject(std::string_view key);
    std::vector<JsonReader> objects(std::string_view key) const;

    const nlohmann::json& json() const { return m_json; }
    const std::string& source() const { return m_source; }
    /// The field's value; throws where it is missing.
    const nlohmann::json& at(std::string_view key) const;
    /// Throws: the field "…" must be `expected`.
    [[noreturn]] void fail(std::string_view key, const std::string& expected) const;
    /// Full name of a field for messages, e.g. "lora.r".
    std::string fieldName(std::string_view key) const;

private:
    JsonReader(nlohmann::json json, std::string source, std::string prefix);
    static std::string quoted(const std::vector<std::string>& names);
    std::int64_t checkedInteger(const nlohmann::json& value, std::string_view key, std::int64_t least,
                                std::int64_t greatest) const;

    nlohmann::json m_json;
    std::string m_source;
    std::string m_prefix;
};

} // namespace icae

#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace icae {

/// A JSON text with comments that is edited by its fields and stays what its writer made of it elsewhere: comments,
/// order and spacing. Fields are named by their keys, joined by dots: "optimizer.learning_rate".
class JsonText {
public:
    /// Bytes [begin, end) of the text.
    struct Range {
        std::size_t begin = 0;
        std::size_t end = 0;

        bool isEmpty() const { return begin == end; }
    };

    explicit JsonText(std::string text = "{\n}\n");

    const std::string& text() const { return m_text; }
    /// It is an object, whole; nothing can be set otherwise.
    bool isReadable() const { return m_readable; }
    /// @return a discarded value where there is no such field
    nlohmann::json value(std::string_view field) const;
    bool has(std::string_view field) const { return m_members.count(std::string(field)) > 0; }
    /// Where a field's value is; of one that is missing, its nearest object's. List items count by number:
    /// "ae.cells[2]" is found as "ae.cells".
    Range rangeOf(std::string_view field) const;

    /// Replaces a field's value, or adds the field behind the others of its object.
    void set(std::string_view field, const nlohmann::json& value);
    void remove(std::string_view field);

private:
    struct Member {
        std::size_t key = 0; ///< where its key begins
        Range value;
        std::size_t lastEnd = 0; ///< of an object: where its last member ends; behind its brace where it has none
        bool isObject = false;
    };

    void parse();

    std::string m_text;
    std::map<std::string, Member> m_members; ///< the whole by the empty name
    bool m_readable = false;
};

/// A value on one line, with a space behind commas and colons, as people write it.
std::string spacedJson(const nlohmann::json& value);

} // namespace icae

#include "models/json_text.h"

#include "protocol/json_text.h"

#include <algorithm>
#include <optional>

namespace icae {

namespace {

constexpr int deepest = 64;

/// Walks a text whose syntax is known to be right, and says where its members are.
class Scanner {
public:
    explicit Scanner(std::string_view text)
        : m_text(text)
    {
    }

    std::size_t at() const { return m_at; }
    bool isAtEnd() const { return m_at >= m_text.size(); }
    char peek() const { return isAtEnd() ? '\0' : m_text[m_at]; }
    void step() { ++m_at; }

    void skipSpace()
    {
        while (!isAtEnd()) {
            const auto rest = m_text.substr(m_at);
            if (rest.front() == ' ' || rest.front() == '\n' || rest.front() == '\t' || rest.front() == '\r')
                ++m_at;
            else if (rest.substr(0, 2) == "//")
                m_at += std::min(rest.find('\n'), rest.size());
            else if (rest.substr(0, 2) == "/*")
                m_at += std::min(rest.find("*/", 2) == std::string_view::npos ? rest.size() : rest.find("*/", 2) + 2,
                                 rest.size());
            else
                return;
        }
    }

    std::string string()
    {
        const auto begin = m_at;
        for (++m_at; !isAtEnd() && m_text[m_at] != '"'; ++m_at)
            if (m_text[m_at] == '\\')
                ++m_at;
        ++m_at;
        const auto parsed = nlohmann::json::parse(m_text.substr(begin, m_at - begin), nullptr, false);
        return parsed.is_string() ? parsed.get<std::string>() : std::string();
    }

    /// Over a value that is no object.
    void skipValue()
    {
        int depth = 0;
        while (!isAtEnd()) {
            skipSpace();
            const char c = peek();
            if (c == '"') {
                string();
            } else if (c == '[' || c == '{') {
                ++depth;
                ++m_at;
            } else if (c == ']' || c == '}') {
                if (depth == 0)
                    return;
                --depth;
                ++m_at;
            } else if (depth > 0) {
                ++m_at;
            } else { // a number or a word
                while (!isAtEnd() && std::string_view(",]} \n\r\t/").find(peek()) == std::string_view::npos)
                    ++m_at;
                return;
            }
            if (depth == 0)
                return;
        }
    }

private:
    std::string_view m_text;
    std::size_t m_at = 0;
};

std::string parentOf(std::string_view field)
{
    const auto dot = field.rfind('.');
    return std::string(dot == std::string_view::npos ? std::string_view() : field.substr(0, dot));
}

std::string keyOf(std::string_view field)
{
    const auto dot = field.rfind('.');
    return std::string(dot == std::string_view::npos ? field : field.substr(dot + 1));
}

} // namespace

std::string spacedJson(const nlohmann::json& value)
{
    const auto dense = jsonText(value);
    std::string spaced;
    bool inString = false;
    for (std::size_t i = 0; i < dense.size(); ++i) {
        spaced += dense[i];
        if (dense[i] == '\\' && inString) {
            spaced += dense[++i];
            continue;
        }
        if (dense[i] == '"')
            inString = !inString;
        else if (!inString && (dense[i] == ',' || dense[i] == ':'))
            spaced += ' ';
    }
    return spaced;
}

JsonText::JsonText(std::string text)
    : m_text(std::move(text))
{
    parse();
}

void JsonText::parse()
{
    m_members.clear();
    m_readable = nlohmann::json::parse(m_text, nullptr, false, true).is_object();
    if (!m_readable)
        return;
    Scanner scanner(m_text);
    int depth = 0;
    const auto object = [&](const auto& self, const std::string& name) -> void {
        scanner.skipSpace();
        auto& member = m_members[name];
        member.isObject = true;
        member.value.begin = scanner.at();
        scanner.step();
        member.lastEnd = scanner.at();
        while (!scanner.isAtEnd()) {
            scanner.skipSpace();
            if (scanner.peek() == '}') {
                scanner.step();
                break;
            }
            if (scanner.peek() == ',') {
                scanner.step();
                continue;
            }
            const auto key = scanner.at();
            const auto child = (name.empty() ? std::string() : name + ".") + scanner.string();
            scanner.skipSpace();
            scanner.step(); // the colon
            scanner.skipSpace();
            if (scanner.peek() == '{' && depth < deepest) {
                ++depth;
                self(self, child);
                --depth;
            } else {
                const auto begin = scanner.at();
                scanner.skipValue();
                m_members[child] = {0, {begin, scanner.at()}, 0, false};
            }
            m_members[child].key = key;
            m_members[name].lastEnd = scanner.at();
        }
        m_members[name].value.end = scanner.at();
    };
    object(object, {});
}

nlohmann::json JsonText::value(std::string_view field) const
{
    const auto found = m_members.find(std::string(field));
    if (found == m_members.end())
        return nlohmann::json(nlohmann::json::value_t::discarded);
    const auto& range = found->second.value;
    return nlohmann::json::parse(std::string_view(m_text).substr(range.begin, range.end - range.begin), nullptr, false,
                                 true);
}

JsonText::Range JsonText::rangeOf(std::string_view field) const
{
    std::string name(field.substr(0, field.find('[')));
    while (true) {
        const auto found = m_members.find(name);
        if (found != m_members.end())
            return name.empty() ? Range{} : found->second.value;
        if (name.empty())
            return {};
        name = parentOf(name);
    }
}

void JsonText::set(std::string_view field, const nlohmann::json& value)
{
    if (!m_readable)
        return;
    if (const auto found = m_members.find(std::string(field)); found != m_members.end()) {
        const auto range = found->second.value;
        m_text.replace(range.begin, range.end - range.begin, spacedJson(value));
        parse();
        return;
    }
    const auto parent = parentOf(field);
    const auto found = m_members.find(parent);
    if (found == m_members.end() || !found->second.isObject) {
        set(parent, nlohmann::json::object({{keyOf(field), value}}));
        return;
    }
    const auto& object = found->second;
    const bool isFirst = m_text[object.lastEnd - 1] == '{' && object.lastEnd == object.value.begin + 1;
    const auto indent =
        2 * (1 + static_cast<std::size_t>(std::count(parent.begin(), parent.end(), '.')) + (parent.empty() ? 0U : 1U));
    const auto member = spacedJson(keyOf(field)) + ": " + spacedJson(value);
    const bool oneLine = !parent.empty()
        && m_text.substr(object.value.begin, object.value.end - object.value.begin).find('\n') == std::string::npos;
    std::string added = isFirst ? "" : ",";
    added += oneLine ? " " + member : "\n" + std::string(indent, ' ') + member;
    m_text.insert(object.lastEnd, added);
    parse();
}

void JsonText::remove(std::string_view field)
{
    const auto found = m_members.find(std::string(field));
    if (found == m_members.end() || field.empty())
        return;
    auto begin = found->second.key;
    auto end = found->second.value.end;
    Scanner behind(std::string_view(m_text).substr(end));
    behind.skipSpace();
    if (behind.peek() == ',') {
        end += behind.at() + 1;
        while (end < m_text.size() && (m_text[end] == ' ' || m_text[end] == '\t'))
            ++end;
    } else { // the last one: the comma before it goes
        std::size_t before = 0;
        for (const auto& [name, member] : m_members)
            if (parentOf(name) == parentOf(field) && member.value.end <= begin && !name.empty())
                before = std::max(before, member.value.end);
        if (before > 0) {
            Scanner between(std::string_view(m_text).substr(before, begin - before));
            between.skipSpace();
            m_text.erase(before + between.at(), 1);
            --begin;
            --end;
        }
    }
    m_text.erase(begin, end - begin);
    parse();
}

} // namespace icae

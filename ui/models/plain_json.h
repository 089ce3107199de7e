#pragma once

#include <charconv>
#include <string>
#include <string_view>

namespace icae {

/// Reads JSON that is written plainly, as programs write their logs: no escapes and nothing but ASCII in strings. Some
/// times faster than a parser that takes all there is.
/// @param sax told as nlohmann::json_sax is: key(), number_float(), null(), boolean(), string(), start_object(), …
/// @return false where the text is not plain, or no JSON at all: ask the parser. `sax` has heard of a part of it by
/// then
template <typename Sax> class PlainJson {
public:
    PlainJson(std::string_view text, Sax& sax)
        : m_at(text.data())
        , m_end(text.data() + text.size())
        , m_sax(sax)
    {
    }

    bool read()
    {
        const bool whole = value(0);
        skipSpace();
        return whole && m_at == m_end;
    }

private:
    static constexpr int deepest = 16;

    void skipSpace()
    {
        while (m_at != m_end && (*m_at == ' ' || *m_at == '\t' || *m_at == '\r' || *m_at == '\n'))
            ++m_at;
    }

    bool take(char c)
    {
        skipSpace();
        if (m_at == m_end || *m_at != c)
            return false;
        ++m_at;
        return true;
    }

    bool word(std::string_view text)
    {
        if (std::string_view(m_at, static_cast<std::size_t>(m_end - m_at)).substr(0, text.size()) != text)
            return false;
        m_at += text.size();
        return true;
    }

    bool value(int depth)
    {
        skipSpace();
        if (m_at == m_end || depth > deepest)
            return false;
        switch (*m_at) {
        case '{':
            return object(depth);
        case '[':
            return array(depth);
        case '"':
            return string() && m_sax.string(m_text);
        case 't':
            return word("true") && m_sax.boolean(true);
        case 'f':
            return word("false") && m_sax.boolean(false);
        case 'n':
            return word("null") && m_sax.null();
        default:
            return number();
        }
    }

    bool object(int depth)
    {
        ++m_at;
        if (!m_sax.start_object(0))
            return false;
        if (take('}'))
            return m_sax.end_object();
        do {
            skipSpace();
            if (m_at == m_end || *m_at != '"' || !string() || !m_sax.key(m_text) || !take(':') || !value(depth + 1))
                return false;
        } while (take(','));
        return take('}') && m_sax.end_object();
    }

    bool array(int depth)
    {
        ++m_at;
        if (!m_sax.start_array(0))
            return false;
        if (take(']'))
            return m_sax.end_array();
        do
            if (!value(depth + 1))
                return false;
        while (take(','));
        return take(']') && m_sax.end_array();
    }

    bool string()
    {
        const auto* begin = ++m_at;
        while (m_at != m_end && *m_at != '"') {
            if (static_cast<signed char>(*m_at) < ' ' || *m_at == '\\') // what is beyond ASCII is negative
                return false;
            ++m_at;
        }
        if (m_at == m_end)
            return false;
        m_text.assign(begin, m_at++);
        return true;
    }

    bool number()
    {
        const auto isDigit = [this](const char* at) { return at < m_end && *at >= '0' && *at <= '9'; };
        const auto* first = *m_at == '-' ? m_at + 1 : m_at;
        if (!isDigit(first) || (*first == '0' && isDigit(first + 1)))
            return false;
        double number = 0;
        const auto [end, fault] = std::from_chars(m_at, m_end, number);
        if (fault != std::errc() || !isDigit(end - 1))
            return false;
        m_at = end;
        return m_sax.number_float(number, m_text);
    }

    const char* m_at;
    const char* m_end;
    Sax& m_sax;
    std::string m_text;
};

} // namespace icae

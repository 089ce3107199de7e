#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace icae {

/// What matching needs beside the pattern: one a thread.
class PatternScratch {
public:
    PatternScratch();
    ~PatternScratch();
    PatternScratch(PatternScratch&&) noexcept;
    PatternScratch& operator=(PatternScratch&&) = delete;
    PatternScratch(const PatternScratch&) = delete;
    PatternScratch& operator=(const PatternScratch&) = delete;

private:
    friend class Pattern;
    struct Data;
    std::unique_ptr<Data> m_data;
};

/// What a tokenizer looks for: a regular expression as Oniguruma (Hugging Face tokenizers) reads it, run by PCRE2, or a
/// text as it stands. Where the two differ (white space, word characters), the expression is rewritten.
class Pattern {
public:
    /// @throws Error (Unsupported) for what PCRE2 reads in another way, (InvalidInput) for what it cannot read; naming
    ///         `source`
    static Pattern expression(const std::string& oniguruma, const std::string& source);
    static Pattern literal(std::string text);

    struct Match {
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    /// Calls found(match) for each match from left to right. An empty match right behind another one does not count.
    /// @param text valid UTF-8
    /// @throws Error (InvalidInput) where the expression needs more memory or steps than is sane
    template <typename Found> void forEach(std::string_view text, PatternScratch& scratch, Found&& found) const
    {
        std::size_t from = 0;
        std::optional<std::size_t> last;
        while (from <= text.size()) {
            const auto match = find(text, from, scratch);
            if (!match)
                return;
            if (match->begin == match->end && last == match->end) {
                from = next(text, from);
                continue;
            }
            from = match->end;
            last = match->end;
            found(*match);
        }
    }

    /// What was given: the expression before it was rewritten, or the text.
    const std::string& given() const { return m_given; }
    bool isLiteral() const { return m_code == nullptr; }

private:
    Pattern() = default;
    std::optional<Match> find(std::string_view text, std::size_t from, PatternScratch& scratch) const;
    static std::size_t next(std::string_view text, std::size_t at);

    std::string m_given;
    std::shared_ptr<void> m_code; ///< pcre2_code; none for a literal
    bool m_compiled = false; ///< to machine code
};

/// Oniguruma's expression as PCRE2 reads it.
/// @throws Error (Unsupported) naming `source`
std::string asPcre(std::string_view oniguruma, const std::string& source);

} // namespace icae

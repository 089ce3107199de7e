#include "text/json/pattern.h"

#include "protocol/error.h"
#include "text/utf8.h"

#include <algorithm>
#include <array>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace icae {

namespace {

constexpr std::size_t firstStack = std::size_t{64} << 10U;
constexpr std::size_t largestStack = std::size_t{256} << 20U; // of the compiled expressions; taken as it is needed
constexpr std::uint32_t interpreterKibibytes = 1U << 20U;

// Unicode's White_Space. PCRE2's \s also holds U+180E.
constexpr std::string_view spaces =
    R"(\x09-\x0d\x20\x85\xa0\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
constexpr std::string_view notSpaces = R"(\x00-\x08\x0e-\x1f\x21-\x84\x86-\x9f\xa1-\x{167f}\x{1681}-\x{1fff})"
                                       R"(\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff})"
                                       R"(\x{3001}-\x{10ffff})";
// Oniguruma's word characters; PCRE2's lack marks and connectors.
constexpr std::string_view word = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";

[[noreturn]] void refuse(const std::string& source, std::string_view construct)
{
    throw Error(ErrorKind::Unsupported,
                source + " has the regular expression construct " + std::string(construct)
                    + ", which is not supported.",
                "Use another tokenizer file of this model.");
}

std::string faultText(int code)
{
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(code, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data()); // NOLINT: bytes
}

PCRE2_SPTR unitsOf(std::string_view text)
{
    return reinterpret_cast<PCRE2_SPTR>(text.data()); // NOLINT: bytes
}

/// Writes an escape of Oniguruma's, backslash included.
void writeEscape(std::string& out, std::string_view escape, bool inClass, const std::string& source)
{
    const auto set = [&](std::string_view members, bool negated) {
        if (inClass)
            out.append(members);
        else
            out.append(negated ? "[^" : "[").append(members).append("]");
    };
    switch (escape[1]) {
    case 's':
        return set(spaces, false);
    case 'S':
        return inClass ? set(notSpaces, false) : set(spaces, true);
    case 'w':
        return set(word, false);
    case 'W':
        return inClass ? refuse(source, "\\W inside of a class") : set(word, true);
    case 'h':
        return set("0-9a-fA-F", false);
    case 'H':
        return inClass ? refuse(source, "\\H inside of a class") : set("0-9a-fA-F", true);
    default:
        break;
    }
    constexpr std::string_view same = "dDpPnrtfvabBAzZuxU0123456789";
    const bool letter = (escape[1] >= 'a' && escape[1] <= 'z') || (escape[1] >= 'A' && escape[1] <= 'Z');
    if (letter && (same.find(escape[1]) == std::string_view::npos || escape[1] == 'u' || escape[1] == 'U'))
        refuse(source, escape);
    out.append(escape);
}

} // namespace

std::string asPcre(std::string_view oniguruma, const std::string& source)
{
    std::string out;
    bool inClass = false;
    for (std::size_t i = 0; i < oniguruma.size(); ++i) {
        const auto rest = oniguruma.substr(i);
        if (rest[0] == '\\' && rest.size() > 1) {
            writeEscape(out, rest.substr(0, 2), inClass, source);
            ++i;
        } else if (inClass) {
            if (rest[0] == '[' || rest.starts_with("&&")) // sets of sets
                refuse(source, rest.substr(0, 2));
            inClass = rest[0] != ']';
            out.push_back(rest[0]);
        } else {
            out.push_back(rest[0]);
            if (rest[0] != '[')
                continue;
            inClass = true;
            // A bracket right behind the opening one stands for itself.
            for (const char c : {'^', ']'})
                if (i + 1 < oniguruma.size() && oniguruma[i + 1] == c)
                    out.push_back(oniguruma[++i]);
        }
    }
    return out;
}

struct PatternScratch::Data {
    pcre2_match_data* match = pcre2_match_data_create(1, nullptr);
    pcre2_match_context* context = pcre2_match_context_create(nullptr);
    pcre2_jit_stack* stack = pcre2_jit_stack_create(firstStack, largestStack, nullptr);

    Data()
    {
        pcre2_jit_stack_assign(context, nullptr, stack);
        pcre2_set_heap_limit(context, interpreterKibibytes);
        pcre2_set_match_limit(context, UINT32_MAX); // long runs of spaces are tried space by space
    }
    ~Data()
    {
        pcre2_jit_stack_free(stack);
        pcre2_match_context_free(context);
        pcre2_match_data_free(match);
    }
    Data(const Data&) = delete;
    Data& operator=(const Data&) = delete;
};

PatternScratch::PatternScratch()
    : m_data(std::make_unique<Data>())
{
}

PatternScratch::~PatternScratch() = default;
PatternScratch::PatternScratch(PatternScratch&&) noexcept = default;

Pattern Pattern::expression(const std::string& oniguruma, const std::string& source)
{
    const auto text = asPcre(oniguruma, source);
    int fault = 0;
    PCRE2_SIZE offset = 0;
    // Oniguruma's ^ and $ stand at every line, its dot stops at line ends: (?m) of PCRE2, and its default.
    auto* code = pcre2_compile(unitsOf(text), text.size(),
                               PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C,
                               &fault, &offset, nullptr);
    if (code == nullptr)
        throw Error(ErrorKind::InvalidInput,
                    source + " has the regular expression " + oniguruma + ", which cannot be read: " + faultText(fault)
                        + ".",
                    "Get the file again from where the model came.");
    Pattern pattern;
    pattern.m_given = oniguruma;
    pattern.m_code = std::shared_ptr<void>(code, [](void* p) { pcre2_code_free(static_cast<pcre2_code*>(p)); });
    pattern.m_compiled = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
    return pattern;
}

Pattern Pattern::literal(std::string text)
{
    Pattern pattern;
    pattern.m_given = std::move(text);
    return pattern;
}

std::optional<Pattern::Match> Pattern::find(std::string_view text, std::size_t from, PatternScratch& scratch) const
{
    if (isLiteral()) {
        const auto at = m_given.empty() ? std::string_view::npos : text.find(m_given, from);
        if (at == std::string_view::npos)
            return std::nullopt;
        return Match{at, at + m_given.size()};
    }
    const auto* code = static_cast<const pcre2_code*>(m_code.get());
    auto& data = *scratch.m_data;
    int result = PCRE2_ERROR_JIT_STACKLIMIT;
    if (m_compiled)
        result = pcre2_jit_match(code, unitsOf(text), text.size(), from, 0, data.match, data.context);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT)
        result = pcre2_match(code, unitsOf(text), text.size(), from, PCRE2_NO_JIT | PCRE2_NO_UTF_CHECK, data.match,
                             data.context);
    if (result == PCRE2_ERROR_NOMATCH)
        return std::nullopt;
    if (result < 0)
        throw Error(ErrorKind::InvalidInput,
                    "The tokenizer's regular expression gives up on this text: " + faultText(result) + ".",
                    "Break the text into lines or words.");
    const auto* place = pcre2_get_ovector_pointer(data.match);
    return Match{place[0], place[1]};
}

std::size_t Pattern::next(std::string_view text, std::size_t at)
{
    return at + (at < text.size() ? std::max<std::size_t>(1, utf8Length(text[at])) : 1);
}

} // namespace icae

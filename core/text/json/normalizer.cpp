#include "text/json/normalizer.h"

#include "protocol/error.h"
#include "text/json/characters.h"
#include "text/json/unsupported.h"

#include <algorithm>
#include <array>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>

namespace icae {

namespace {

bool isAscii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void applyIcu(AlignedText& text, const icu::Normalizer2* (*instance)(UErrorCode&))
{
    if (isAscii(text.text()))
        return;
    UErrorCode status = U_ZERO_ERROR;
    const auto* normalizer = instance(status);
    const icu::StringPiece source(text.text().data(), static_cast<int32_t>(text.text().size()));
    std::string result;
    icu::Edits changes;
    if (U_SUCCESS(status) && normalizer->isNormalizedUTF8(source, status))
        return;
    icu::StringByteSink<std::string> sink(&result);
    if (U_SUCCESS(status))
        normalizer->normalizeUTF8(0, source, sink, &changes, status);
    if (U_FAILURE(status))
        throw Error(ErrorKind::Internal, std::string("ICU cannot normalise the text: ") + u_errorName(status) + ".",
                    "Install ICU's data, or report this.");
    std::vector<AlignedText::Edit> edits;
    for (auto it = changes.getFineChangesIterator(); it.next(status);)
        edits.push_back({static_cast<std::size_t>(it.sourceIndex()),
                         static_cast<std::size_t>(it.sourceIndex() + it.oldLength()),
                         std::string_view(result).substr(static_cast<std::size_t>(it.destinationIndex()),
                                                         static_cast<std::size_t>(it.newLength()))});
    text.apply(edits);
}

/// Character by character, as Rust's char::to_lowercase does: a final sigma is not seen.
void lowercase(AlignedText& text)
{
    struct Small {
        std::size_t from = 0;
        std::size_t fromEnd = 0;
        std::size_t begin = 0; ///< in all of them
        std::size_t end = 0;
    };
    std::string all;
    std::vector<Small> changed;
    for (std::size_t at = 0; at < text.text().size();) {
        Small small{at, at, all.size(), 0};
        const auto c = nextCharacter(text.text(), at);
        const auto lower = static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
        if (lower == c)
            continue;
        appendCharacter(all, lower);
        if (c == U'\u0130') // the one character whose small form is two: i and a dot above
            appendCharacter(all, U'\u0307');
        small.fromEnd = at;
        small.end = all.size();
        changed.push_back(small);
    }
    std::vector<AlignedText::Edit> edits;
    edits.reserve(changed.size());
    for (const auto& small : changed)
        edits.push_back(
            {small.from, small.fromEnd, std::string_view(all).substr(small.begin, small.end - small.begin)});
    text.apply(edits);
}

void strip(AlignedText& text, bool left, bool right)
{
    const auto& source = text.text();
    std::size_t begin = 0;
    for (auto next = begin; left && next < source.size(); begin = next)
        if (!isWhiteSpace(nextCharacter(source, next)))
            break;
    auto end = source.size();
    for (auto before = end; right && before > begin; end = before)
        if (!isWhiteSpace(previousCharacter(source, before)))
            break;
    std::vector<AlignedText::Edit> edits;
    if (begin > 0)
        edits.push_back({0, begin, {}});
    if (end < source.size())
        edits.push_back({end, source.size(), {}});
    text.apply(edits);
}

void replace(AlignedText& text, const Pattern& pattern, const std::string& content, PatternScratch& scratch)
{
    std::vector<AlignedText::Edit> edits;
    pattern.forEach(text.text(), scratch, [&](const Pattern::Match& match) {
        edits.push_back({match.begin, match.end, content});
    });
    text.apply(edits);
}

} // namespace

Pattern readPattern(const JsonReader& json, std::string_view key)
{
    const auto pattern = json.object(key);
    if (pattern.has("String"))
        return Pattern::literal(pattern.text("String"));
    return Pattern::expression(pattern.text("Regex"), json.source());
}

Normalizer Normalizer::read(const JsonReader& json)
{
    Normalizer normalizer;
    if (json.has("normalizer"))
        normalizer.readStep(json.object("normalizer"));
    return normalizer;
}

void Normalizer::readStep(const JsonReader& json)
{
    const auto type = json.text("type");
    if (type == "Sequence") {
        for (const auto& part : json.objects("normalizers"))
            readStep(part);
        return;
    }
    constexpr std::array<std::pair<std::string_view, Kind>, 8> kinds{{{"NFC", Kind::Nfc},
                                                                      {"NFD", Kind::Nfd},
                                                                      {"NFKC", Kind::Nfkc},
                                                                      {"NFKD", Kind::Nfkd},
                                                                      {"Prepend", Kind::Prepend},
                                                                      {"Replace", Kind::Replace},
                                                                      {"Strip", Kind::Strip},
                                                                      {"Lowercase", Kind::Lowercase}}};
    const auto* const kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.first == type; });
    if (kind == kinds.end())
        unsupportedTokenizer(json.source(), "the normalizer \"" + type + "\"");
    Step step;
    step.kind = kind->second;
    if (step.kind == Kind::Prepend)
        step.text = json.text("prepend");
    if (step.kind == Kind::Replace) {
        step.pattern = std::make_shared<const Pattern>(readPattern(json, "pattern"));
        step.text = json.text("content");
    }
    if (step.kind == Kind::Strip) {
        step.left = json.boolean("strip_left");
        step.right = json.boolean("strip_right");
    }
    m_steps.push_back(std::move(step));
}

void Normalizer::apply(AlignedText& text, bool atStart, PatternScratch& scratch) const
{
    for (const auto& step : m_steps) {
        switch (step.kind) {
        case Kind::Nfc:
            applyIcu(text, icu::Normalizer2::getNFCInstance);
            break;
        case Kind::Nfd:
            applyIcu(text, icu::Normalizer2::getNFDInstance);
            break;
        case Kind::Nfkc:
            applyIcu(text, icu::Normalizer2::getNFKCInstance);
            break;
        case Kind::Nfkd:
            applyIcu(text, icu::Normalizer2::getNFKDInstance);
            break;
        case Kind::Prepend:
            if (atStart && !text.text().empty())
                text.apply({{0, 0, step.text}});
            break;
        case Kind::Replace:
            replace(text, *step.pattern, step.text, scratch);
            break;
        case Kind::Strip:
            strip(text, step.left, step.right);
            break;
        case Kind::Lowercase:
            lowercase(text);
            break;
        }
    }
}

std::string Normalizer::applied(std::string_view text, PatternScratch& scratch) const
{
    AlignedText aligned(text);
    apply(aligned, true, scratch);
    return aligned.text();
}

bool Normalizer::prepends() const
{
    return std::any_of(m_steps.begin(), m_steps.end(), [](const Step& step) { return step.kind == Kind::Prepend; });
}

bool Normalizer::marksSpaces(std::string_view mark) const
{
    return std::any_of(m_steps.begin(), m_steps.end(), [&](const Step& step) {
        return step.kind == Kind::Replace && step.pattern->isLiteral() && step.pattern->given() == " "
            && step.text == mark;
    });
}

bool Normalizer::actsLocally() const
{
    return std::all_of(m_steps.begin(), m_steps.end(), [](const Step& step) {
        return step.kind != Kind::Strip
            && (step.kind != Kind::Replace || (step.pattern->isLiteral() && step.pattern->given() == " "));
    });
}

} // namespace icae

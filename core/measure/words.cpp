#include "measure/diff.h"

#include "measure/unicode.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <algorithm>
#include <array>
#include <memory>

namespace icae {

namespace {

constexpr std::array<std::string_view, 24> abbreviations{
    "Mr", "Mrs", "Ms", "Dr",  "Prof", "St",  "Sr", "Jr",  "vs",  "etc", "e.g", "i.e",
    "cf", "al",  "No", "Fig", "Eq",   "Vol", "pp", "Inc", "Ltd", "Co",  "U.S", "a.m",
};

bool endsSentence(char32_t c)
{
    return c == U'.' || c == U'!' || c == U'?' || c == U'…' || c == U'。' || c == U'！' || c == U'？';
}

bool closes(char32_t c)
{
    return c == U'"' || c == U'\'' || c == U')' || c == U']' || c == U'”' || c == U'’' || c == U'»' || c == U'」';
}

bool isAbbreviation(std::string_view text, std::size_t dot)
{
    std::size_t begin = dot;
    while (begin > 0 && (isWordCharacter(static_cast<unsigned char>(text[begin - 1])) || text[begin - 1] == '.'))
        --begin;
    const auto word = text.substr(begin, dot - begin);
    const bool initial = word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z';
    return initial || std::find(abbreviations.begin(), abbreviations.end(), word) != abbreviations.end();
}

std::size_t skipSpaces(std::string_view text, std::size_t at)
{
    while (at < text.size() && isUnicodeSpace(characterAt(text, at).code))
        at += characterAt(text, at).bytes;
    return at;
}

/// Words joined until no boundary lies inside a grapheme cluster (Unicode Annex 29): flags, joined emoji, syllables.
std::vector<Word> joinClusters(std::string_view text, const std::vector<Word>& words)
{
    UErrorCode status = U_ZERO_ERROR;
    UText* source = utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status);
    const std::unique_ptr<UText, decltype(&utext_close)> guard(source, utext_close);
    const std::unique_ptr<icu::BreakIterator> clusters(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    if (U_FAILURE(status))
        return words;
    clusters->setText(source, status);
    std::vector<Word> joined;
    std::int32_t boundary = clusters->first();
    for (const auto& word : words) {
        while (boundary != icu::BreakIterator::DONE && boundary < static_cast<std::int32_t>(word.begin))
            boundary = clusters->next();
        if (joined.empty() || boundary == static_cast<std::int32_t>(word.begin))
            joined.push_back(word);
        else
            joined.back() = {joined.back().begin, word.end, false};
    }
    return joined;
}

} // namespace

std::vector<Word> splitWords(std::string_view text)
{
    enum class Kind { None, Space, Letters, Single };
    std::vector<Word> words;
    Kind previous = Kind::None;
    for (std::size_t at = 0; at < text.size();) {
        const auto character = characterAt(text, at);
        Kind kind = Kind::Single;
        if (isUnicodeSpace(character.code))
            kind = Kind::Space;
        else if (isWordCharacter(character.code) && !isIdeograph(character.code))
            kind = Kind::Letters;
        const bool joins = (isCombining(character.code) && previous != Kind::None && previous != Kind::Space)
            || (kind == previous && kind != Kind::Single);
        if (joins)
            words.back().end = at + character.bytes;
        else
            words.push_back({at, at + character.bytes, kind == Kind::Space});
        if (!isCombining(character.code) || !joins)
            previous = kind;
        at += character.bytes;
    }
    const bool ascii =
        std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    return ascii || text.size() > INT32_MAX ? words : joinClusters(text, words);
}

std::vector<std::size_t> sentenceEnds(std::string_view text)
{
    std::vector<std::size_t> ends;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto character = characterAt(text, at);
        std::size_t next = at + character.bytes;
        bool endsHere = character.code == U'\n';
        if (endsSentence(character.code)) {
            while (next < text.size()
                   && (closes(characterAt(text, next).code) || endsSentence(characterAt(text, next).code)))
                next += characterAt(text, next).bytes;
            const bool wide = character.code >= 0x3000;
            const bool followed = next >= text.size() || isUnicodeSpace(characterAt(text, next).code);
            endsHere = wide || (followed && !(character.code == U'.' && isAbbreviation(text, at)));
        }
        if (endsHere) {
            next = skipSpaces(text, next);
            if (const auto lineBreak = text.substr(at, next - at).rfind('\n'); lineBreak != std::string_view::npos)
                next = at + lineBreak + 1; // a line keeps its indentation
            ends.push_back(next);
        }
        at = next;
    }
    if (!text.empty() && (ends.empty() || ends.back() != text.size()))
        ends.push_back(text.size());
    return ends;
}

} // namespace icae

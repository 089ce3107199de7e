#include "measure/diff.h"

#include "measure/unicode.h"

#include <unicode/brkiter.h>
#include <unicode/filteredbrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace icae {

namespace {

bool endsSentence(char32_t c)
{
    return c == U'…' || u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_S_TERM) != 0;
}

bool closes(char32_t c)
{
    const auto type = u_charType(static_cast<UChar32>(c));
    return c == U'"' || c == U'\'' || type == U_END_PUNCTUATION || type == U_FINAL_PUNCTUATION;
}

/// Abbreviations as ICU knows them, which ends no sentence behind one.
class Abbreviations {
public:
    /// @param word without its last dot
    bool contain(std::string_view word)
    {
        if (isInitials(word))
            return true;
        const auto [known, added] = m_known.try_emplace(std::string(word), false);
        if (added && !word.empty())
            known->second = look(word);
        return known->second;
    }

private:
    /// "J", and what has dots of its own between one or two letters, such as e.g, U.S and Ph.D.
    static bool isInitials(std::string_view word)
    {
        const auto isLetter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
        if (word.size() == 1)
            return word[0] >= 'A' && word[0] <= 'Z';
        std::size_t letters = 0;
        std::size_t most = 0;
        for (const char c : word) {
            if (c != '.' && !isLetter(c))
                return false;
            letters = c == '.' ? 0 : letters + 1;
            most = std::max(most, letters);
        }
        return most <= 2 && word.find('.') != std::string_view::npos && letters > 0;
    }

    bool look(std::string_view word)
    {
        if (!m_sentences)
            m_sentences = make();
        if (!m_sentences)
            return false;
        const auto text = icu::UnicodeString::fromUTF8(std::string(word) + ". A b.");
        m_sentences->setText(text);
        return m_sentences->following(0) == text.length();
    }

    static std::unique_ptr<icu::BreakIterator> make()
    {
        UErrorCode status = U_ZERO_ERROR;
        const auto english = icu::Locale::getEnglish();
        const std::unique_ptr<icu::FilteredBreakIteratorBuilder> builder(
            icu::FilteredBreakIteratorBuilder::createInstance(english, status));
        if (U_FAILURE(status))
            return nullptr;
        for (const auto* more : {u"Dr.", u"St.", u"Sr.", u"Jr.", u"No.", u"Fig.", u"Eq.", u"Vol.", u"Inc.", u"Ltd.",
                                 u"Co.", u"al.", u"cf.", u"etc."})
            builder->suppressBreakAfter(more, status);
        // What it takes for abbreviations also ends sentences as a word.
        for (const auto* word : {u"All.", u"As.", u"By.", u"Do.", u"Go.", u"In.", u"Is.", u"Job.", u"Joe.", u"On.",
                                 u"Or.", u"To.", u"Up."})
            builder->unsuppressBreakAfter(word, status);
        std::unique_ptr<icu::BreakIterator> sentences(
            builder->build(icu::BreakIterator::createSentenceInstance(english, status), status));
        return U_FAILURE(status) ? nullptr : std::move(sentences);
    }

    std::unique_ptr<icu::BreakIterator> m_sentences; ///< made when it is needed
    std::unordered_map<std::string, bool> m_known;
};

/// The word that ends before a dot, with dots of its own.
std::string_view wordBefore(std::string_view text, std::size_t dot)
{
    const auto belongs = [](char byte) {
        const auto code = static_cast<unsigned char>(byte);
        return code >= 0x80 || byte == '.' || isWordCharacter(code);
    };
    std::size_t begin = dot;
    while (begin > 0 && belongs(text[begin - 1]))
        --begin;
    return text.substr(begin, dot - begin);
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
    Abbreviations abbreviations;
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
            endsHere = wide || (followed && !(character.code == U'.' && abbreviations.contain(wordBefore(text, at))));
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

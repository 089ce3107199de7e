#include "measure/diff_classes.h"

#include "measure/unicode.h"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace icae {

namespace {

using Words = std::vector<std::u32string>;

/// Lower case of the scripts that have it in these blocks: Latin, Greek, Cyrillic.
char32_t foldCase(char32_t c)
{
    if ((c >= U'A' && c <= U'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9)
        || (c >= 0x410 && c <= 0x42F))
        return c + 32;
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177) || (c >= 0x1E00 && c <= 0x1EFF)
        || (c >= 0x460 && c <= 0x4FF))
        return c | 1U;
    if (c >= 0x400 && c <= 0x40F)
        return c + 80;
    return c;
}

std::u32string folded(std::u32string word)
{
    std::transform(word.begin(), word.end(), word.begin(), foldCase);
    return word;
}

bool isMark(const std::u32string& word)
{
    return std::none_of(word.begin(), word.end(), [](char32_t c) { return isWordCharacter(c); });
}

/// Words and marks of a text, white space left out, with where each begins.
class SplitText {
public:
    explicit SplitText(std::string_view text)
    {
        for (const auto& word : splitWords(text)) {
            if (word.space)
                continue;
            m_begins.push_back(word.begin);
            m_words.push_back(decodeUtf8(text.substr(word.begin, word.end - word.begin)));
        }
    }

    std::size_t indexAt(std::size_t offset) const
    {
        return static_cast<std::size_t>(std::lower_bound(m_begins.begin(), m_begins.end(), offset) - m_begins.begin());
    }
    std::size_t count(std::size_t begin, std::size_t end) const { return indexAt(end) - indexAt(begin); }
    const Words& words() const { return m_words; }

private:
    std::vector<std::size_t> m_begins;
    Words m_words;
};

/// Letters and digits only, in lower case: what remains equal where only case and punctuation differ.
std::u32string essence(const Words& words)
{
    std::u32string result;
    for (const auto& word : words)
        for (const auto c : word)
            if (isWordCharacter(c))
                result += foldCase(c);
    return result;
}

/// Words of three letters that are no stem of longer ones ("the" and "they").
bool isFunctionWord(const std::u32string& word)
{
    static const std::unordered_set<std::u32string> words{U"all", U"and", U"any", U"are", U"but", U"can",
                                                          U"for", U"had", U"her", U"his", U"how", U"not",
                                                          U"our", U"the", U"was", U"who", U"you"};
    return words.contains(word);
}

bool isInflection(const Words& ours, const Words& theirs)
{
    constexpr std::size_t leastStem = 3;
    constexpr std::size_t greatestEnding = 4;
    constexpr std::size_t greatestShorterEnding = 2;
    if (ours.size() != theirs.size() || ours.empty())
        return false;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const auto a = folded(ours[i]);
        const auto b = folded(theirs[i]);
        if (a == b)
            continue;
        const auto stem =
            static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
        const auto hasDigit = [](char32_t c) { return c >= U'0' && c <= U'9'; };
        if (stem < leastStem || std::max(a.size(), b.size()) - stem > greatestEnding
            || std::min(a.size(), b.size()) - stem > greatestShorterEnding // "continue" and "contain" are two words
            || std::any_of(a.begin(), a.end(), hasDigit) || std::any_of(b.begin(), b.end(), hasDigit)
            || isFunctionWord(a.size() < b.size() ? a : b))
            return false;
    }
    return true;
}

bool isNumber(const std::u32string& word)
{
    static const std::unordered_set<std::u32string> names{
        U"one",     U"two",     U"three",  U"four",     U"five",     U"six",     U"seven",     U"eight",    U"nine",
        U"ten",     U"eleven",  U"twelve", U"thirteen", U"fourteen", U"fifteen", U"sixteen",   U"eighteen", U"twenty",
        U"thirty",  U"forty",   U"fifty",  U"sixty",    U"seventy",  U"eighty",  U"ninety",    U"hundred",  U"thousand",
        U"million", U"billion", U"first",  U"second",   U"third",    U"fourth",  U"fifth",     U"sixth",    U"seventh",
        U"eighth",  U"ninth",   U"tenth",  U"half",     U"quarter",  U"dozen",   U"seventeen", U"nineteen"};
    return std::any_of(word.begin(), word.end(), [](char32_t c) { return c >= U'0' && c <= U'9'; })
        || names.contains(folded(word));
}

/// True where a stretch of words differs from the other side by a number or by a capitalised word within a sentence.
bool hasNumberOrName(const SplitText& text, std::size_t begin, std::size_t end, const Words& other)
{
    for (std::size_t i = begin; i < end; ++i) {
        const auto& word = text.words()[i];
        if (std::find(other.begin(), other.end(), word) != other.end())
            continue;
        if (isNumber(word))
            return true;
        const bool capital = foldCase(word.front()) != word.front() && word != U"I";
        const bool opensSentence = i == 0 || isMark(text.words()[i - 1]);
        if (capital && !opensSentence)
            return true;
    }
    return false;
}

/// True where the words [begin, end) say again what stands right before or behind them, or the same thing twice.
bool isRepetition(const Words& words, std::size_t begin, std::size_t end)
{
    const auto length = end - begin;
    if (length == 0 || (length == 1 && isMark(words[begin])))
        return false;
    const auto at = words.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto signedLength = static_cast<std::ptrdiff_t>(length);
    if (begin >= length && std::equal(at, at + signedLength, at - signedLength))
        return true;
    if (words.size() - end >= length && std::equal(at, at + signedLength, at + signedLength))
        return true;
    for (std::ptrdiff_t period = 1; period * 2 <= signedLength; ++period)
        if (std::equal(at + period, at + signedLength, at))
            return true;
    return false;
}

/// A differing hunk in words of both sides.
struct Stretch {
    std::size_t ourBegin = 0;
    std::size_t ourEnd = 0;
    std::size_t theirBegin = 0;
    std::size_t theirEnd = 0;
};

/// Where a span derails: the hunk at which the balance of right words less a third of the wrong ones peaks, provided
/// that enough wrong words follow. Behind that point at most a quarter of the words is right, however far one reads.
class DerailmentFinder {
public:
    void equal(std::size_t words) { m_balance += static_cast<double>(words); }

    void different(std::size_t hunk, std::size_t words)
    {
        if (m_balance > m_best) {
            m_best = m_balance;
            m_start = hunk;
            m_wrongSince = 0;
        }
        m_balance -= static_cast<double>(words) / 3;
        m_wrongSince += words;
    }

    /// First derailed hunk of the span, or `none`.
    std::size_t finish(std::size_t none)
    {
        constexpr std::size_t leastWrong = 12;
        const auto result = m_balance < m_best && m_wrongSince >= leastWrong ? m_start : none;
        *this = {};
        return result;
    }

private:
    double m_balance = 0;
    double m_best = -1;
    std::size_t m_start = 0;
    std::size_t m_wrongSince = 0;
};

DifferenceClass classify(const Stretch& at, const SplitText& ours, const SplitText& theirs)
{
    const auto words = [](const SplitText& text, std::size_t begin, std::size_t end) {
        return Words(text.words().begin() + static_cast<std::ptrdiff_t>(begin),
                     text.words().begin() + static_cast<std::ptrdiff_t>(end));
    };
    const auto our = words(ours, at.ourBegin, at.ourEnd);
    const auto their = words(theirs, at.theirBegin, at.theirEnd);
    if (our.empty() && their.empty())
        return DifferenceClass::WhiteSpace;
    if (essence(our) == essence(their))
        return DifferenceClass::CaseOrPunctuation;
    if (our.empty() && isRepetition(theirs.words(), at.theirBegin, at.theirEnd))
        return DifferenceClass::Repetition;
    if (isInflection(our, their))
        return DifferenceClass::Inflection;
    if (hasNumberOrName(ours, at.ourBegin, at.ourEnd, their)
        || hasNumberOrName(theirs, at.theirBegin, at.theirEnd, our))
        return DifferenceClass::NumberOrName;
    if (their.empty())
        return DifferenceClass::Omission;
    if (our.empty())
        return DifferenceClass::Addition;
    return DifferenceClass::Wording;
}

} // namespace

std::vector<DifferenceClass> classifyDifferences(const TextDiff& diff, std::string_view reference,
                                                 std::string_view hypothesis, std::span<const std::size_t> spanEnds)
{
    const SplitText ours(reference);
    const SplitText theirs(hypothesis);
    std::vector<DifferenceClass> classes;
    constexpr auto none = static_cast<std::size_t>(-1);
    DerailmentFinder finder;
    std::size_t span = 0;
    std::vector<std::size_t> derails; // first derailed hunk, one past the span's last hunk, and so on
    const auto finishSpan = [&] {
        if (const auto first = finder.finish(none); first != none)
            derails.insert(derails.end(), {first, classes.size()});
    };
    for (const auto& row : diff.rows) {
        for (const auto& hunk : row.hunks) {
            for (; span < spanEnds.size() && hunk.referenceBegin >= spanEnds[span]; ++span)
                finishSpan();
            const Stretch at{ours.indexAt(hunk.referenceBegin), ours.indexAt(hunk.referenceEnd),
                             theirs.indexAt(hunk.hypothesisBegin), theirs.indexAt(hunk.hypothesisEnd)};
            if (hunk.kind == DiffKind::Equal) {
                finder.equal(at.ourEnd - at.ourBegin);
                continue;
            }
            finder.different(classes.size(), std::max(at.ourEnd - at.ourBegin, at.theirEnd - at.theirBegin));
            classes.push_back(classify(at, ours, theirs));
        }
    }
    finishSpan();
    for (std::size_t i = 0; i + 1 < derails.size(); i += 2)
        for (auto hunk = derails[i]; hunk < derails[i + 1]; ++hunk)
            if (classes[hunk] != DifferenceClass::Repetition && classes[hunk] != DifferenceClass::WhiteSpace)
                classes[hunk] = DifferenceClass::Derailment;
    return classes;
}

std::array<std::size_t, differenceClassCount> countClasses(std::span<const DifferenceClass> classes)
{
    std::array<std::size_t, differenceClassCount> counts{};
    for (const auto c : classes)
        ++counts.at(static_cast<std::size_t>(c));
    return counts;
}

} // namespace icae

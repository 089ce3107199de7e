#include "measure/diff.h"

#include "measure/unicode.h"

#include <dtl/dtl.hpp>

#include <algorithm>
#include <unordered_map>

namespace icae {

namespace {

/// Words and marks of a text, white space left to its neighbours, as numbers that are equal where the words are.
struct Interned {
    std::vector<Word> words;
    std::vector<int> ids;
};

class Vocabulary {
public:
    Interned intern(std::string_view text)
    {
        Interned result;
        for (const auto& word : splitWords(text)) {
            if (word.space)
                continue;
            const auto [it, added] =
                m_ids.emplace(text.substr(word.begin, word.end - word.begin), static_cast<int>(m_ids.size()));
            result.ids.push_back(it->second);
            result.words.push_back(word);
        }
        return result;
    }

private:
    std::unordered_map<std::string_view, int> m_ids;
};

/// Pairs of equal words (index in the reference, index in the hypothesis), ascending on both sides.
std::vector<std::pair<std::size_t, std::size_t>> align(const std::vector<int>& reference,
                                                       const std::vector<int>& hypothesis)
{
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    std::size_t prefix = 0;
    while (prefix < reference.size() && prefix < hypothesis.size() && reference[prefix] == hypothesis[prefix])
        ++prefix;
    for (std::size_t i = 0; i < prefix; ++i)
        pairs.emplace_back(i, i);
    const std::vector<int> a(reference.begin() + static_cast<std::ptrdiff_t>(prefix), reference.end());
    const std::vector<int> b(hypothesis.begin() + static_cast<std::ptrdiff_t>(prefix), hypothesis.end());
    if (a.empty() || b.empty())
        return pairs;
    // Without onHuge(), dtl works in stretches of bounded memory; dissimilar texts stay affordable.
    dtl::Diff<int, std::vector<int>> diff(a, b);
    diff.compose();
    std::size_t i = prefix;
    std::size_t j = prefix;
    for (const auto& [word, info] : diff.getSes().getSequence()) {
        if (info.type == dtl::SES_COMMON)
            pairs.emplace_back(i, j);
        i += info.type != dtl::SES_ADD ? 1 : 0;
        j += info.type != dtl::SES_DELETE ? 1 : 0;
    }
    return pairs;
}

/// Bytes of white space that both texts begin with.
std::size_t sharedSpace(std::string_view ours, std::string_view theirs)
{
    std::size_t length = 0;
    while (length < ours.size()) {
        const auto [code, bytes] = characterAt(ours, length);
        if (!isUnicodeSpace(code) || !theirs.substr(length).starts_with(ours.substr(length, bytes)))
            break;
        length += bytes;
    }
    return length;
}

/// Bytes of white space that both texts end with.
std::size_t sharedSpaceAtEnd(std::string_view ours, std::string_view theirs)
{
    const auto isContinuation = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; };
    std::size_t length = 0;
    while (length < ours.size()) {
        auto begin = ours.size() - length - 1;
        while (begin > 0 && isContinuation(ours[begin]))
            --begin;
        const auto end = ours.substr(begin);
        if (!isUnicodeSpace(characterAt(ours, begin).code) || !theirs.ends_with(end))
            break;
        length = end.size();
    }
    return length;
}

bool isSpace(std::string_view text)
{
    return sharedSpace(text, text) == text.size();
}

/// Hunks over both texts: equal words with the white space between them, and what lies between equal stretches.
class HunkBuilder {
public:
    HunkBuilder(std::string_view reference, std::string_view hypothesis)
        : m_reference(reference)
        , m_hypothesis(hypothesis)
    {
    }

    /// Both sides have the same word here; what was passed over since the last one differs. White space at the edges
    /// that both sides share belongs to the equal stretches around.
    void equal(const Word& ours, const Word& theirs)
    {
        const auto between = m_reference.substr(m_ours, ours.begin - m_ours);
        const auto betweenTheirs = m_hypothesis.substr(m_theirs, theirs.begin - m_theirs);
        if (!isSpace(between) || !isSpace(betweenTheirs) || between.empty() != betweenTheirs.empty()) {
            const auto lead = sharedSpace(between, betweenTheirs);
            const auto trail = sharedSpaceAtEnd(between.substr(lead), betweenTheirs.substr(lead));
            differ(lead, ours.begin - trail, theirs.begin - trail);
        }
        push(DiffKind::Equal, ours.end, theirs.end);
    }

    /// Nothing follows. White space at the very end stays with what differs: it ends no equal stretch.
    std::vector<DiffHunk> finish()
    {
        differ(sharedSpace(m_reference.substr(m_ours), m_hypothesis.substr(m_theirs)), m_reference.size(),
               m_hypothesis.size());
        return std::move(m_hunks);
    }

private:
    /// What lies before these offsets differs, but for so many bytes at its beginning.
    void differ(std::size_t equal, std::size_t ours, std::size_t theirs)
    {
        push(DiffKind::Equal, m_ours + equal, m_theirs + equal);
        const auto kind = theirs == m_theirs ? DiffKind::Deleted
            : ours == m_ours                 ? DiffKind::Inserted
                                             : DiffKind::Replaced;
        push(kind, ours, theirs);
    }

    void push(DiffKind kind, std::size_t ours, std::size_t theirs)
    {
        if (ours == m_ours && theirs == m_theirs)
            return;
        if (!m_hunks.empty() && m_hunks.back().kind == kind) {
            m_hunks.back().referenceEnd = ours;
            m_hunks.back().hypothesisEnd = theirs;
        } else {
            m_hunks.push_back({kind, m_ours, ours, m_theirs, theirs});
        }
        m_ours = ours;
        m_theirs = theirs;
    }

    std::string_view m_reference;
    std::string_view m_hypothesis;
    std::vector<DiffHunk> m_hunks;
    std::size_t m_ours = 0;
    std::size_t m_theirs = 0;
};

/// Where a cut at a reference offset within an equal hunk falls in the hypothesis: as far before the same word, unless
/// the white space there is shorter.
std::size_t matchingOffset(const DiffHunk& hunk, std::size_t offset, const Interned& ours, const Interned& theirs)
{
    const auto firstAt = [](const Interned& side, std::size_t begin) {
        return std::lower_bound(side.words.begin(), side.words.end(), begin,
                                [](const Word& word, std::size_t at) { return word.begin < at; });
    };
    const auto word = firstAt(ours, offset);
    const auto target = firstAt(theirs, hunk.hypothesisBegin) + (word - firstAt(ours, hunk.referenceBegin));
    if (target == theirs.words.end() || target->begin >= hunk.hypothesisEnd)
        return hunk.hypothesisEnd;
    const auto indentation = word == ours.words.end() ? 0 : word->begin - offset;
    const auto before = target == theirs.words.begin() ? hunk.hypothesisBegin : std::prev(target)->end;
    return std::max({target->begin - std::min(indentation, target->begin), before, hunk.hypothesisBegin});
}

} // namespace

TextDiff diffTexts(std::string_view reference, std::string_view hypothesis)
{
    Vocabulary vocabulary;
    const auto ours = vocabulary.intern(reference);
    const auto theirs = vocabulary.intern(hypothesis);
    HunkBuilder builder(reference, hypothesis);
    for (const auto& [i, j] : align(ours.ids, theirs.ids))
        builder.equal(ours.words[i], theirs.words[j]);
    const auto hunks = builder.finish();

    TextDiff diff;
    diff.differences = static_cast<std::size_t>(
        std::count_if(hunks.begin(), hunks.end(), [](const auto& hunk) { return hunk.kind != DiffKind::Equal; }));
    const auto ends = sentenceEnds(reference);
    std::size_t next = 0; // sentence end that the current row waits for
    DiffRow row;
    const auto closeRow = [&] {
        row.referenceBegin = row.hunks.front().referenceBegin;
        row.referenceEnd = row.hunks.back().referenceEnd;
        row.hypothesisBegin = row.hunks.front().hypothesisBegin;
        row.hypothesisEnd = row.hunks.back().hypothesisEnd;
        diff.rows.push_back(std::move(row));
        row = {};
    };
    for (auto hunk : hunks) {
        // Equal stretches are cut at sentence ends; others stay whole and end the row behind them.
        while (hunk.kind == DiffKind::Equal && next < ends.size() && ends[next] < hunk.referenceEnd) {
            const auto cut = std::max(ends[next], hunk.referenceBegin);
            const auto cutTheirs = matchingOffset(hunk, cut, ours, theirs);
            if (cut > hunk.referenceBegin || cutTheirs > hunk.hypothesisBegin)
                row.hunks.push_back({DiffKind::Equal, hunk.referenceBegin, cut, hunk.hypothesisBegin, cutTheirs});
            if (!row.hunks.empty())
                closeRow();
            hunk.referenceBegin = cut;
            hunk.hypothesisBegin = cutTheirs;
            ++next;
        }
        row.hunks.push_back(hunk);
        bool ended = false;
        for (; next < ends.size() && ends[next] <= hunk.referenceEnd; ++next)
            ended = true;
        if (ended && next < ends.size())
            closeRow();
    }
    if (!row.hunks.empty())
        closeRow();
    return diff;
}

} // namespace icae

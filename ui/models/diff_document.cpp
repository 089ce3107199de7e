#include "models/diff_document.h"

#include "measure/visible_space.h"
#include "models/utf16_offsets.h"

#include <algorithm>
#include <utility>

namespace icae {

namespace {

/// Rows longer than this are cut at a space: a view lays out whole rows.
constexpr std::size_t longestRow = 1200;
/// Differences up to this many bytes are not cut into rows.
constexpr std::size_t shortDifference = 400;

PieceKind pieceKind(DiffKind kind)
{
    switch (kind) {
    case DiffKind::Equal:
        return PieceKind::Equal;
    case DiffKind::Deleted:
        return PieceKind::Deleted;
    case DiffKind::Inserted:
        return PieceKind::Inserted;
    case DiffKind::Replaced:
        return PieceKind::Replaced;
    }
    return PieceKind::Equal;
}

/// Byte ranges of a piece, before they become positions.
struct BytePiece {
    PieceKind kind = PieceKind::Equal;
    int difference = -1;
    std::size_t sourceBegin = 0;
    std::size_t sourceEnd = 0;
    std::size_t writtenBegin = 0;
    std::size_t writtenEnd = 0;
};

class Builder {
public:
    Builder(std::string_view source, std::string_view written, bool partial)
        : m_source(source)
        , m_written(written)
        , m_sourceOffsets(source)
        , m_writtenOffsets(written)
    {
        m_document.source = QString::fromUtf8(source.data(), static_cast<qsizetype>(source.size()));
        m_document.reconstruction = QString::fromUtf8(written.data(), static_cast<qsizetype>(written.size()));
        m_document.partial = partial;
        m_document.columnar = isColumnar(source.empty() ? m_document.reconstruction : m_document.source);
    }

    void addSegment(const TextDiff& diff, std::size_t sourceShift, std::size_t writtenShift)
    {
        std::size_t taken = 0; // bytes of the row's first hunk that end the row before
        for (std::size_t r = 0; r < diff.rows.size(); ++r) {
            const auto& row = diff.rows[r];
            for (const auto& hunk : row.hunks) {
                const auto begun = std::exchange(taken, 0);
                addHunk({pieceKind(hunk.kind), -1, hunk.referenceBegin + begun + sourceShift,
                         hunk.referenceEnd + sourceShift, hunk.hypothesisBegin + begun + writtenShift,
                         hunk.hypothesisEnd + writtenShift});
            }
            if (r + 1 < diff.rows.size() && !diff.rows[r + 1].hunks.empty()) {
                const auto& next = diff.rows[r + 1].hunks.front();
                const auto source = next.referenceBegin + sourceShift;
                const auto written = next.hypothesisBegin + writtenShift;
                taken = closingMarks(next, source, written);
                if (taken > 0)
                    push({PieceKind::Equal, -1, source, source + taken, written, written + taken});
            }
            if (r + 1 < diff.rows.size())
                closeRow();
        }
    }

    /// What of the source nobody has written yet, behind the last segment; within a sentence it ends that one's row.
    void addPending(std::size_t begin, std::size_t end, std::size_t written, bool withinSentence)
    {
        if (!withinSentence)
            closeRow();
        addHunk({PieceKind::Pending, -1, begin, end, written, written});
    }

    /// A text with nothing to compare it with: rows without differences.
    void addAlone() { addHunk({PieceKind::Equal, -1, 0, 0, 0, m_written.size()}); }

    void closeRow()
    {
        const auto end = m_document.pieces.size();
        if (end == m_rowBegin)
            return;
        const auto& first = m_document.pieces[m_rowBegin];
        const auto& last = m_document.pieces.back();
        m_document.rows.push_back({{first.source.begin, last.source.end},
                                   {first.reconstruction.begin, last.reconstruction.end},
                                   m_rowBegin,
                                   end});
        m_rowBegin = end;
    }

    void setClasses(const std::vector<DifferenceClass>& classes)
    {
        const auto count = std::min(classes.size(), m_document.differences.size());
        for (std::size_t i = 0; i < count; ++i) {
            m_document.differences[i].errorClass = classes[i];
            ++m_document.classCounts.at(static_cast<std::size_t>(classes[i]));
        }
    }

    DiffDocument finish() { return std::move(m_document); }

private:
    /// Length of the full stops, commas and spaces that an equal hunk begins with: no sentence does.
    std::size_t closingMarks(const DiffHunk& hunk, std::size_t source, std::size_t written) const
    {
        if (hunk.kind != DiffKind::Equal)
            return 0;
        const auto ours = m_source.substr(source, hunk.referenceEnd - hunk.referenceBegin);
        const auto theirs = m_written.substr(written, hunk.hypothesisEnd - hunk.hypothesisBegin);
        if (ours.empty() || std::string_view(".,;:!?").find(ours.front()) == std::string_view::npos)
            return 0;
        const auto length = std::min(ours.find_first_not_of(".,;:!? \n"), ours.size());
        return ours.substr(0, length) == theirs.substr(0, length) ? length : 0;
    }

    /// Long stretches become several rows: sentence beside sentence as far as both sides have them.
    void addHunk(const BytePiece& hunk)
    {
        int difference = -1;
        if (hunk.kind != PieceKind::Equal && hunk.kind != PieceKind::Pending) {
            difference = static_cast<int>(m_document.differences.size());
            m_document.differences.push_back(
                {hunk.kind, DifferenceClass::Wording, static_cast<int>(m_document.rows.size()),
                 sourceRange(hunk.sourceBegin, hunk.sourceEnd), writtenRange(hunk.writtenBegin, hunk.writtenEnd)});
        }
        const auto ours = displayRowEnds(m_source.substr(hunk.sourceBegin, hunk.sourceEnd - hunk.sourceBegin));
        const auto theirs = displayRowEnds(m_written.substr(hunk.writtenBegin, hunk.writtenEnd - hunk.writtenBegin));
        // A short difference stays in its sentence's row, whatever full stops it holds.
        const bool isShort = difference >= 0
            && std::max(hunk.sourceEnd - hunk.sourceBegin, hunk.writtenEnd - hunk.writtenBegin) <= shortDifference;
        if (isShort) {
            push({hunk.kind, difference, hunk.sourceBegin, hunk.sourceEnd, hunk.writtenBegin, hunk.writtenEnd});
            return;
        }
        if (hunk.kind == PieceKind::Equal && ours.size() != theirs.size() && !m_source.empty()) {
            push({hunk.kind, -1, hunk.sourceBegin, hunk.sourceEnd, hunk.writtenBegin, hunk.writtenEnd});
            return;
        }
        const auto count = std::max(ours.size(), theirs.size());
        auto piece = hunk;
        piece.difference = difference;
        for (std::size_t i = 0; i < count; ++i) {
            piece.sourceEnd = hunk.sourceBegin + (ours.empty() ? 0 : ours[std::min(i, ours.size() - 1)]);
            piece.writtenEnd = hunk.writtenBegin + (theirs.empty() ? 0 : theirs[std::min(i, theirs.size() - 1)]);
            push(piece);
            if (i + 1 < count)
                closeRow();
            piece.sourceBegin = piece.sourceEnd;
            piece.writtenBegin = piece.writtenEnd;
        }
    }

    void push(const BytePiece& piece)
    {
        m_document.pieces.push_back({piece.kind, piece.difference, sourceRange(piece.sourceBegin, piece.sourceEnd),
                                     writtenRange(piece.writtenBegin, piece.writtenEnd)});
    }

    TextRange sourceRange(std::size_t begin, std::size_t end) const
    {
        return {m_sourceOffsets.toUtf16(begin), m_sourceOffsets.toUtf16(end)};
    }
    TextRange writtenRange(std::size_t begin, std::size_t end) const
    {
        return {m_writtenOffsets.toUtf16(begin), m_writtenOffsets.toUtf16(end)};
    }

    std::string_view m_source;
    std::string_view m_written;
    Utf16Offsets m_sourceOffsets;
    Utf16Offsets m_writtenOffsets;
    DiffDocument m_document;
    std::size_t m_rowBegin = 0;
};

/// Begins and ends of a text's words and marks.
class WordPlaces {
public:
    explicit WordPlaces(std::string_view text)
        : m_words(splitWords(text))
    {
        std::erase_if(m_words, [](const Word& word) { return word.space; });
    }

    std::size_t size() const { return m_words.size(); }
    /// Words in [begin, end), bytes.
    std::size_t count(std::size_t begin, std::size_t end) const { return indexAt(end) - indexAt(begin); }
    /// Where so many words end.
    std::size_t endOf(std::size_t words) const { return words == 0 ? 0 : m_words[words - 1].end; }

private:
    std::size_t indexAt(std::size_t offset) const
    {
        return static_cast<std::size_t>(
            std::lower_bound(m_words.begin(), m_words.end(), offset,
                             [](const Word& word, std::size_t at) { return word.begin < at; })
            - m_words.begin());
    }

    std::vector<Word> m_words;
};

/// Where the last stretch ends up to which an unfinished text follows the source closely (bytes of both): what it wrote
/// behind that stands for as many words of the source. A word that both happen to have far behind takes nothing along.
std::pair<std::size_t, std::size_t> followedUntil(const TextDiff& diff, const WordPlaces& ours,
                                                  const WordPlaces& theirs, std::size_t writtenSize)
{
    std::pair<std::size_t, std::size_t> best{0, 0};
    std::size_t wrong = 0; // words up to here that differ
    std::size_t least = theirs.size();
    for (const auto& row : diff.rows)
        for (const auto& hunk : row.hunks) {
            if (hunk.kind != DiffKind::Equal) {
                wrong += std::max(ours.count(hunk.referenceBegin, hunk.referenceEnd),
                                  theirs.count(hunk.hypothesisBegin, hunk.hypothesisEnd));
                continue;
            }
            const auto cost = wrong + theirs.count(hunk.hypothesisEnd, writtenSize);
            if (cost < least || (cost == least && wrong == 0)) {
                least = cost;
                best = {hunk.referenceEnd, hunk.hypothesisEnd};
            }
        }
    return best;
}

/// How much of the source an unfinished text stands for (bytes): what is behind it is not lost, only not written yet.
std::size_t reachedBy(std::string_view written, std::string_view source)
{
    constexpr std::size_t leastAhead = 12; // words that may have been left out
    const WordPlaces ours(source);
    const WordPlaces theirs(written);
    const auto inReach = theirs.size() + std::max(leastAhead, theirs.size() / 4);
    const auto near = inReach < ours.size() ? source.substr(0, ours.endOf(inReach)) : source;
    const auto [begin, writtenBegin] = followedUntil(diffTexts(near, written), ours, theirs, written.size());
    // The last words stand for as many of the source; one that is half written, for half of its word.
    const auto ourRest = source.substr(begin);
    const auto theirRest = written.substr(writtenBegin);
    const auto ourWords = splitWords(ourRest);
    const auto theirWords = splitWords(theirRest);
    std::size_t end = 0;
    for (std::size_t i = 0; i < std::min(ourWords.size(), theirWords.size()); ++i) {
        const auto word = ourRest.substr(ourWords[i].begin, ourWords[i].end - ourWords[i].begin);
        const auto begun = theirRest.substr(theirWords[i].begin, theirWords[i].end - theirWords[i].begin);
        end = ourWords[i].begin + (i + 1 == theirWords.size() && word.starts_with(begun) ? begun.size() : word.size());
    }
    return begin + end;
}

template <auto Side> int rowAt(const DiffDocument& document, qsizetype position)
{
    const auto& rows = document.rows;
    const auto after = std::upper_bound(rows.begin(), rows.end(), position,
                                        [](qsizetype at, const DiffDisplayRow& row) { return at < (row.*Side).end; });
    return static_cast<int>(
        std::min<std::ptrdiff_t>(after - rows.begin(), static_cast<std::ptrdiff_t>(rows.size()) - 1));
}

template <auto From, auto To> TextRange translate(const DiffDocument& document, TextRange range)
{
    const auto& pieces = document.pieces;
    const auto at = [&](qsizetype position, bool end) {
        const auto found =
            std::lower_bound(pieces.begin(), pieces.end(), position, [end](const DiffPiece& piece, qsizetype p) {
                return end ? (piece.*From).end < p : (piece.*From).end <= p;
            });
        if (found == pieces.end())
            return pieces.empty() ? qsizetype{0} : (pieces.back().*To).end;
        const auto& from = (*found).*From;
        const auto& to = (*found).*To;
        if (found->kind == PieceKind::Equal)
            return std::min(to.begin + (position - from.begin), to.end);
        return end ? to.end : to.begin;
    };
    const TextRange result{at(range.begin, false), at(range.end, true)};
    return {result.begin, std::max(result.begin, result.end)};
}

} // namespace

int DiffDocument::rowAtSource(qsizetype position) const
{
    return rowAt<&DiffDisplayRow::source>(*this, position);
}

int DiffDocument::rowAtReconstruction(qsizetype position) const
{
    return rowAt<&DiffDisplayRow::reconstruction>(*this, position);
}

TextRange DiffDocument::toReconstruction(TextRange range) const
{
    return translate<&DiffPiece::source, &DiffPiece::reconstruction>(*this, range);
}

TextRange DiffDocument::toSource(TextRange range) const
{
    return translate<&DiffPiece::reconstruction, &DiffPiece::source>(*this, range);
}

std::vector<std::size_t> displayRowEnds(std::string_view text)
{
    std::vector<std::size_t> result;
    std::size_t begin = 0;
    for (const auto end : sentenceEnds(text)) {
        while (end - begin > longestRow) {
            auto cut = text.rfind(' ', begin + longestRow);
            cut = cut == std::string_view::npos || cut <= begin ? begin + longestRow : cut + 1;
            while (cut < end && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U)
                ++cut;
            result.push_back(cut);
            begin = cut;
        }
        if (end > begin)
            result.push_back(end);
        begin = end;
    }
    return result;
}

DiffDocument buildDiffDocument(std::string_view source, const std::vector<DiffSegment>& segments,
                               const std::vector<std::size_t>& spanEnds, bool partial)
{
    std::string written;
    for (const auto& segment : segments)
        written += segment.written;
    Builder builder(source, written, partial);
    if (source.empty()) {
        builder.addAlone();
        builder.closeRow();
        return builder.finish();
    }
    std::vector<DifferenceClass> classes;
    std::size_t shift = 0;
    for (const auto& segment : segments) {
        const auto part = source.substr(segment.begin, segment.end - segment.begin);
        const auto tried = part.substr(0, segment.open ? reachedBy(segment.written, part) : part.size());
        const auto diff = diffTexts(tried, segment.written);
        builder.addSegment(diff, segment.begin, shift);
        std::vector<std::size_t> ends;
        for (const auto end : spanEnds)
            if (end > segment.begin && end < segment.begin + tried.size())
                ends.push_back(end - segment.begin);
        const auto own = classifyDifferences(diff, tried, segment.written, ends);
        classes.insert(classes.end(), own.begin(), own.end());
        shift += segment.written.size();
        if (tried.size() < part.size()) {
            const auto sentences = sentenceEnds(part);
            builder.addPending(segment.begin + tried.size(), segment.end, shift,
                               !std::binary_search(sentences.begin(), sentences.end(), tried.size()));
        }
        builder.closeRow();
    }
    builder.setClasses(classes);
    return builder.finish();
}

int commonRows(const DiffDocument& a, const DiffDocument& b)
{
    const auto same = [](QStringView x, QStringView y) { return x == y; };
    const auto limit = std::min(a.rows.size(), b.rows.size());
    std::size_t row = 0;
    for (; row < limit; ++row) {
        const auto& x = a.rows[row];
        const auto& y = b.rows[row];
        if (x.source != y.source || x.reconstruction != y.reconstruction || x.firstPiece != y.firstPiece
            || x.endPiece != y.endPiece)
            break;
        if (!same(QStringView(a.source).mid(x.source.begin, x.source.size()),
                  QStringView(b.source).mid(y.source.begin, y.source.size()))
            || !same(QStringView(a.reconstruction).mid(x.reconstruction.begin, x.reconstruction.size()),
                     QStringView(b.reconstruction).mid(y.reconstruction.begin, y.reconstruction.size())))
            break;
        const auto begin = static_cast<std::ptrdiff_t>(x.firstPiece);
        const auto end = static_cast<std::ptrdiff_t>(x.endPiece);
        if (!std::equal(a.pieces.begin() + begin, a.pieces.begin() + end, b.pieces.begin() + begin))
            break;
    }
    return static_cast<int>(row);
}

bool isColumnar(QStringView text)
{
    constexpr qsizetype enough = 20000; // characters tell
    int lines = 0;
    int columns = 0;
    for (const auto line : text.left(enough).tokenize(u'\n')) {
        const auto trimmed = line.trimmed();
        if (trimmed.isEmpty())
            continue;
        ++lines;
        const bool indented = line.startsWith(u"  ") || line.startsWith(u'\t');
        const bool gaps = trimmed.contains(u"   ") || trimmed.contains(u'\t') || trimmed.count(u'|') > 1;
        columns += indented || gaps ? 1 : 0;
    }
    return lines >= 3 && 3 * columns >= lines;
}

QString withSpaceSigns(QString text)
{
    if (std::all_of(text.cbegin(), text.cend(), [](QChar c) { return c.isSpace(); }))
        for (auto& c : text)
            c = QChar(static_cast<char16_t>(spaceSign(c.unicode())));
    return text;
}

QString differenceClassName(DifferenceClass errorClass)
{
    const auto tr = [](const char* text) { return QCoreApplication::translate("DifferenceClass", text); };
    switch (errorClass) {
    case DifferenceClass::WhiteSpace:
        return tr("white space");
    case DifferenceClass::CaseOrPunctuation:
        return tr("case or punctuation");
    case DifferenceClass::Inflection:
        return tr("inflection");
    case DifferenceClass::NumberOrName:
        return tr("number or name");
    case DifferenceClass::Wording:
        return tr("wording");
    case DifferenceClass::Omission:
        return tr("omission");
    case DifferenceClass::Addition:
        return tr("addition");
    case DifferenceClass::Repetition:
        return tr("repetition");
    case DifferenceClass::Derailment:
        return tr("derailment");
    }
    return {};
}

QString differenceClassHint(DifferenceClass errorClass)
{
    const auto tr = [](const char* text) { return QCoreApplication::translate("DifferenceClass", text); };
    switch (errorClass) {
    case DifferenceClass::WhiteSpace:
        return tr("White space on one side and none on the other, shown by its signs: ↵ ␣ ⇥.");
    case DifferenceClass::CaseOrPunctuation:
        return tr("The same words but for case and punctuation.");
    case DifferenceClass::Inflection:
        return tr("The same stem with another ending.");
    case DifferenceClass::NumberOrName:
        return tr("A number, a number word or a capitalised word within a sentence.");
    case DifferenceClass::Wording:
        return tr("Words exchanged for others.");
    case DifferenceClass::Omission:
        return tr("Words missing from the reconstruction.");
    case DifferenceClass::Addition:
        return tr("Words that the source does not have.");
    case DifferenceClass::Repetition:
        return tr("Words added that stand right before or behind already.");
    case DifferenceClass::Derailment:
        return tr("From here to the end of its span at most one word in four is right.");
    }
    return {};
}

} // namespace icae

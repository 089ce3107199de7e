#include "widgets/text/prose_row.h"

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

/// True for the half of a difference that the reconstruction does not have.
bool isStruck(PieceKind kind, bool fromSource)
{
    return kind == PieceKind::Deleted || (kind == PieceKind::Replaced && fromSource);
}

bool isAdded(PieceKind kind, bool fromSource)
{
    return kind == PieceKind::Inserted || (kind == PieceKind::Replaced && !fromSource);
}

} // namespace

qsizetype ProseRow::originAt(int at, bool ofSource) const
{
    qsizetype last = 0;
    for (const auto& segment : segments) {
        if (segment.fromSource != ofSource)
            continue;
        last = segment.origin + std::clamp(at - segment.begin, 0, segment.end - segment.begin);
        if (at < segment.end)
            break;
    }
    return last;
}

std::vector<std::pair<int, int>> ProseRow::placesOf(TextRange range, bool ofSource) const
{
    std::vector<std::pair<int, int>> places;
    for (const auto& segment : segments) {
        const auto end = segment.origin + (segment.end - segment.begin);
        if (segment.fromSource != ofSource || range.end <= segment.origin || range.begin >= end)
            continue;
        const auto place = [&](qsizetype at) {
            return segment.begin + static_cast<int>(std::clamp(at, segment.origin, end) - segment.origin);
        };
        places.emplace_back(place(range.begin), place(range.end));
    }
    return places;
}

ProseRow makeProseRow(const DiffDocument& document, const DiffDisplayRow& row, ProseSide side)
{
    ProseRow result;
    const auto add = [&](std::size_t piece, bool fromSource, TextRange range) {
        if (range.size() == 0)
            return;
        const auto begin = static_cast<int>(result.text.size());
        const auto kind = document.pieces[piece].kind;
        const auto text = (fromSource ? document.source : document.reconstruction).mid(range.begin, range.size());
        result.text += kind == PieceKind::Equal || kind == PieceKind::Pending ? text : withSpaceSigns(text);
        result.segments.push_back({begin, static_cast<int>(result.text.size()), piece, fromSource, range.begin});
    };
    for (auto i = row.firstPiece; i < row.endPiece; ++i) {
        const auto& piece = document.pieces[i];
        const bool both = side == ProseSide::Inline && piece.kind == PieceKind::Replaced;
        const bool onlySource = side == ProseSide::Inline && piece.kind == PieceKind::Pending;
        if (side == ProseSide::Source || both || onlySource
            || (side == ProseSide::Inline && piece.kind == PieceKind::Deleted))
            add(i, true, piece.source);
        if (both && !result.text.isEmpty() && !result.text.back().isSpace())
            result.text += QChar(0x2009); // the halves need a gap
        if (side != ProseSide::Source && !onlySource)
            add(i, false, piece.reconstruction);
    }
    // The row ends where its last line does; line breaks before that one are blank lines.
    auto last = result.text.size();
    while (last > 0 && (result.text[last - 1].isSpace() || result.text[last - 1] == u'\0'))
        if (result.text[--last] == u'\n') {
            result.text[last] = u' ';
            break;
        }
    for (auto& c : result.text) {
        if (c == u'\n')
            c = QChar::LineSeparator;
        else if (c == u'\r')
            c = u' ';
    }
    return result;
}

QList<QTextLayout::FormatRange> proseFormats(const DiffDocument& document, const ProseRow& row, const Theme& theme,
                                             const std::vector<DifferenceClass>& shown)
{
    const auto isShown = [&](int difference) {
        return shown.empty() || difference < 0
            || std::find(shown.begin(), shown.end(),
                         document.differences[static_cast<std::size_t>(difference)].errorClass)
            != shown.end();
    };
    QList<QTextLayout::FormatRange> formats;
    for (const auto& segment : row.segments) {
        const auto kind = document.pieces[segment.piece].kind;
        QTextCharFormat format;
        if (kind == PieceKind::Pending) {
            format.setForeground(theme.color(Shade::SecondaryText));
        } else if (isStruck(kind, segment.fromSource)) {
            format.setForeground(theme.color(Shade::Deleted));
            format.setBackground(theme.color(Shade::DeletedTint));
            format.setFontStrikeOut(true);
        } else if (isAdded(kind, segment.fromSource)) {
            format.setForeground(theme.color(Shade::Inserted));
            format.setBackground(theme.color(Shade::InsertedTint));
            format.setUnderlineStyle(QTextCharFormat::SingleUnderline);
        } else {
            continue;
        }
        if (kind == PieceKind::Replaced)
            format.setUnderlineStyle(QTextCharFormat::DotLine);
        if (!isShown(document.pieces[segment.piece].difference)) {
            format.setForeground(theme.color(Shade::SecondaryText));
            format.clearBackground();
        }
        formats.push_back({segment.begin, segment.end - segment.begin, format});
    }
    return formats;
}

QString plainProse(const DiffDocument& document, const ProseRow& row, ProseSide side, int begin, int end, bool marks)
{
    QString result;
    for (const auto& segment : row.segments) {
        const int from = std::max(begin, segment.begin);
        const int to = std::min(end, segment.end);
        if (from >= to)
            continue;
        const auto& whole = segment.fromSource ? document.source : document.reconstruction;
        const auto text = whole.mid(segment.origin + from - segment.begin, to - from);
        const auto kind = document.pieces[segment.piece].kind;
        const bool struck = isStruck(kind, segment.fromSource);
        if (marks && struck)
            result += "[-"_L1 + withSpaceSigns(text) + "-]"_L1;
        else if (marks && isAdded(kind, segment.fromSource))
            result += "{+"_L1 + withSpaceSigns(text) + "+}"_L1;
        else if (side != ProseSide::Inline || (!struck && kind != PieceKind::Pending))
            result += text;
    }
    return result;
}

QString htmlProse(const DiffDocument& document, const ProseRow& row, int begin, int end)
{
    QString result;
    for (const auto& segment : row.segments) {
        const int from = std::max(begin, segment.begin);
        const int to = std::min(end, segment.end);
        if (from >= to)
            continue;
        const auto& whole = segment.fromSource ? document.source : document.reconstruction;
        const auto kind = document.pieces[segment.piece].kind;
        auto text = whole.mid(segment.origin + from - segment.begin, to - from);
        if (isStruck(kind, segment.fromSource) || isAdded(kind, segment.fromSource))
            text = withSpaceSigns(text);
        text = text.toHtmlEscaped().replace(u'\n', "<br>"_L1);
        if (isStruck(kind, segment.fromSource))
            result += "<del>"_L1 + text + "</del>"_L1;
        else if (isAdded(kind, segment.fromSource))
            result += "<ins>"_L1 + text + "</ins>"_L1;
        else
            result += text;
    }
    return result;
}

} // namespace icae

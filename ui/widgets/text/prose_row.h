#pragma once

#include "models/diff_document.h"
#include "session/theme.h"

#include <QTextLayout>

#include <memory>
#include <vector>

namespace icae {

/// What a column of the diff shows.
enum class ProseSide {
    Source,
    Reconstruction,
    Inline, ///< both halves of each difference, one behind the other
};

/// A part of a row's text and where it comes from.
struct ProseSegment {
    int begin = 0; ///< in the row's text
    int end = 0;
    std::size_t piece = 0;
    bool fromSource = true; ///< its positions are the source's
    qsizetype origin = 0; ///< of its first character
};

/// A row as a side shows it: one character for each of the text's, the last line break as a space, white space that is
/// all that differs by its signs.
struct ProseRow {
    QString text;
    std::vector<ProseSegment> segments;

    /// Position in the source (or reconstruction) of a character; the segment's end where it comes from the other side.
    qsizetype originAt(int at, bool ofSource) const;
    /// Where a range of the source (or reconstruction) stands in the row; empty where it does not.
    std::vector<std::pair<int, int>> placesOf(TextRange range, bool ofSource) const;
};

ProseRow makeProseRow(const DiffDocument& document, const DiffDisplayRow& row, ProseSide side);

/// How differences look: deleted struck through, inserted underlined, both halves of a replacement with a dotted line.
/// @param shown classes in colour, the others are grey; empty: all
QList<QTextLayout::FormatRange> proseFormats(const DiffDocument& document, const ProseRow& row, const Theme& theme,
                                             const std::vector<DifferenceClass>& shown = {});

/// The text of rows between two places, without what is struck through or with marks ("[-old-]{+new+}").
QString plainProse(const DiffDocument& document, const ProseRow& row, ProseSide side, int begin, int end, bool marks);
/// The same as HTML with <del> and <ins>.
QString htmlProse(const DiffDocument& document, const ProseRow& row, int begin, int end);

} // namespace icae

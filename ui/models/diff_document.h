#pragma once

#include "measure/diff_classes.h"

#include <QCoreApplication>
#include <QString>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace icae {

/// Positions [begin, end) in a QString.
struct TextRange {
    qsizetype begin = 0;
    qsizetype end = 0;

    qsizetype size() const { return end - begin; }
    bool contains(qsizetype at) const { return at >= begin && at < end; }
    bool operator==(const TextRange&) const = default;
};

enum class PieceKind {
    Equal,
    Deleted,
    Inserted,
    Replaced,
    Pending, ///< of the source, and not reconstructed yet or not asked for
};

/// A stretch of a row.
struct DiffPiece {
    PieceKind kind = PieceKind::Equal;
    int difference = -1; ///< index; −1 where nothing differs
    TextRange source;
    TextRange reconstruction;

    bool operator==(const DiffPiece&) const = default;
};

/// A sentence of the source beside what stands for it. Rows cover both texts.
struct DiffDisplayRow {
    TextRange source;
    TextRange reconstruction;
    std::size_t firstPiece = 0;
    std::size_t endPiece = 0;
};

struct Difference {
    PieceKind kind = PieceKind::Replaced;
    DifferenceClass errorClass = DifferenceClass::Wording;
    int row = 0; ///< where it begins
    TextRange source;
    TextRange reconstruction;
};

/// A span of the source, as the views tint and label it.
struct SpanBand {
    TextRange source;
    TextRange reconstruction;
    QString label; ///< e.g. "402 → 64"
    QString scores; ///< e.g. "BLEU .98"; empty before there are any
};

/// A source and its reconstruction, aligned and ready to be shown. Immutable; shared between views.
struct DiffDocument {
    QString source;
    QString reconstruction;
    std::vector<DiffDisplayRow> rows;
    std::vector<DiffPiece> pieces;
    std::vector<Difference> differences;
    std::array<std::size_t, differenceClassCount> classCounts{};
    std::vector<SpanBand> spans;
    bool partial = false; ///< still being written
    bool columnar = false; ///< a table or code: characters stand below each other

    /// Row that holds a position of the source (or of the reconstruction); the last one behind the end; −1 without
    /// rows.
    int rowAtSource(qsizetype position) const;
    int rowAtReconstruction(qsizetype position) const;
    /// The positions of the other side that stand for a range: whole words' pieces where they differ.
    TextRange toReconstruction(TextRange source) const;
    TextRange toSource(TextRange reconstruction) const;
};

using DiffDocumentPtr = std::shared_ptr<const DiffDocument>;

/// A part of the source and what was written for it.
struct DiffSegment {
    std::size_t begin = 0; ///< bytes of the source
    std::size_t end = 0;
    std::string written;
    bool open = false; ///< not all was written: it stands for a prefix of the source, what is behind that is Pending
};

/// Where a text is cut into rows (ascending byte offsets, the last is its size): at sentence ends, and at a space where
/// a sentence is longer than a view should lay out at once.
std::vector<std::size_t> displayRowEnds(std::string_view text);

/// Aligns each segment's stretch of the source with what was written for it. Segments ascend and cover the source.
/// @param source empty: there is nothing to compare with, and no difference
/// @param spanEnds byte offsets in the source where spans end, for the classes
/// @param partial it is still being written
DiffDocument buildDiffDocument(std::string_view source, const std::vector<DiffSegment>& segments,
                               const std::vector<std::size_t>& spanEnds, bool partial);

/// How many rows two documents begin with in common, texts and marks.
int commonRows(const DiffDocument& a, const DiffDocument& b);

/// Whether a text is a table or code, to be read in a fixed pitch: many of its lines are indented or have columns.
bool isColumnar(QStringView text);

/// White space by its signs (↵ ␣ ⇥) where a text consists of nothing else, a sign a character; others as they are.
QString withSpaceSigns(QString text);

/// What people read for a class, e.g. "case or punctuation".
QString differenceClassName(DifferenceClass errorClass);
/// A sentence on what belongs to the class.
QString differenceClassHint(DifferenceClass errorClass);

} // namespace icae

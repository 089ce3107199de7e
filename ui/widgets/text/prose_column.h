#pragma once

#include "widgets/common/find_target.h"
#include "widgets/common/match_list.h"
#include "widgets/common/rendered.h"
#include "widgets/common/zoomable.h"
#include "widgets/text/prose_row.h"
#include "widgets/text/row_geometry.h"

#include <QAbstractScrollArea>
#include <QCache>
#include <QTimer>

#include <optional>

namespace icae {

/// One column of a prose diff: sentences as rows, words marked, long ones wrapped. Lays out and paints only what is
/// visible and measures the rest in short slices, so that texts of any length scroll at once.
///
/// Columns that share a RowGeometry have aligned rows.
class ProseColumn : public Zoomable<QAbstractScrollArea>, public FindTarget {
    Q_OBJECT

public:
    /// @param index of this column in the geometry
    ProseColumn(const Theme& theme, ProseSide side, RowGeometry& geometry, int index, QWidget* parent = nullptr);

    ProseSide side() const { return m_side; }
    /// @param firstChanged rows before it are the same as in the document before
    void setDocument(DiffDocumentPtr document, int firstChanged);
    DiffDocumentPtr document() const { return m_document; }

    void setCurrentDifference(int difference);
    /// Differences of other classes lose their colour. Empty: all have it.
    void setFilter(std::vector<DifferenceClass> shown);
    /// Marks a range of the source and of the reconstruction, e.g. the token under the pointer.
    void setLinked(TextRange source, TextRange reconstruction);

    /// Scrolls as little as possible.
    void showRow(int row);
    int topRow() const { return m_anchorRow; }
    void setTopRow(int row);

    void selectAll();
    bool hasSelection() const;
    QString selectedText(bool marks) const; ///< everything without a selection
    /// Selection, or everything without one; with marks also as HTML.
    void copy(bool marks) const;

    /// Paints rows as on screen, top to bottom, in two columns where there is another one beside it.
    Rendered renderAll(QPainter& painter, int width, int greatestHeight, const ProseColumn* beside = nullptr) const;

    Result find(const QString& query, bool matchCase, int step) override;
    void endFind() override;

    QSize sizeHint() const override { return {400, 300}; }

Q_SIGNALS:
    /// The pointer or the cursor is at a position of the source or of the reconstruction.
    void pointedAt(icae::TextRange range, bool ofSource);
    void pointerLeft();
    void differenceClicked(int difference);
    /// Double click or F2: the reader wants to change the source here.
    void editRequested(qsizetype sourcePosition);

protected:
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    struct Row {
        ProseRow content;
        std::unique_ptr<QTextLayout> layout;
        int textHeight = 0;
    };
    struct Place {
        int row = 0;
        int at = 0;
        auto operator<=>(const Place&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 errs here
    };
    struct Match {
        int row = 0;
        int begin = 0;
    };

    void forgetLayouts();
    Row& rowAt(int row);
    void layOut(Row& row, int width) const;
    int rowHeight(const Row& row) const;
    int estimatedHeight(const DiffDisplayRow& row) const;
    int textWidth() const;
    void measureVisible();
    void measureSlice();
    void followGeometry();
    std::optional<Place> placeAt(QPoint position);
    std::pair<Place, Place> selection() const;
    template <typename Visit> void forSelected(Visit visit) const;
    QList<QTextLayout::FormatRange> overlays(int row, const Row& content) const;
    void paintRow(QPainter& painter, int row, Row& content, int top, int width) const;
    void paintBands(QPainter& painter, int row, const Row& content, QRect area) const;
    void paintGutter(QPainter& painter, int firstRow, int lastRow);
    void paintOutline(QPainter& painter, const Row& content, QPointF origin) const;
    void select(Place anchor, Place cursor);
    void describe(int row);
    TextRange rangeOf(const SpanBand& span) const;
    bool isLinked(const SpanBand& span) const;

    /// Of reading; of a fixed pitch where the text is a table or code.
    QFont readingFont() const;

    const Theme& m_theme;
    ProseSide m_side;
    RowGeometry& m_geometry;
    int m_index;
    DiffDocumentPtr m_document;
    QCache<int, Row> m_rows;
    QTimer m_measureTimer;
    int m_measureFrom = 0;
    int m_anchorRow = 0;
    int m_anchorOffset = 0;
    bool m_following = false; ///< the scroll bar moves because heights did
    int m_currentDifference = -1;
    std::vector<DifferenceClass> m_filter;
    TextRange m_linkedSource;
    TextRange m_linkedReconstruction;
    Place m_selectionAnchor;
    Place m_selectionCursor;
    MatchList<Match> m_matches;
};

} // namespace icae

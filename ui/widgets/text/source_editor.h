#pragma once

#include "models/diff_document.h"
#include "session/theme.h"
#include "widgets/common/find_target.h"
#include "widgets/common/zoomable.h"

#include <QPlainTextEdit>
#include <QTextCursor>
#include <QTimer>
#include <QUrl>

namespace icae {

/// The editor of the source: a sentence is a block, so that long texts stay smooth; its spans are tinted bands.
///
/// Breaks between sentences of a paragraph are soft: source(), copy and undo do not know them. Long texts are inserted
/// in slices of a few milliseconds, as one step of undo.
class SourceEditor : public Zoomable<QPlainTextEdit>, public FindTarget {
    Q_OBJECT

public:
    explicit SourceEditor(const Theme& theme, QWidget* parent = nullptr);

    /// The text as the reader sees it, line breaks as written; what is still being inserted is missing.
    QString source() const;
    /// Replaces everything, as one step of undo; sourceChanged() follows.
    void setSource(const QString& text);
    bool isInserting() const { return !m_rest.isEmpty(); }

    void setSpans(std::vector<SpanBand> spans);
    const std::vector<SpanBand>& spans() const { return m_spans; }
    void setLinked(TextRange source);
    /// Moves the cursor to a position of the source and shows it.
    void setSourcePosition(qsizetype position);
    qsizetype sourcePosition() const;
    qsizetype topSourcePosition() const;
    void setTopSourcePosition(qsizetype position);

    Result find(const QString& query, bool matchCase, int step) override;
    void endFind() override;

Q_SIGNALS:
    void sourceChanged();
    void filesDropped(const QList<QUrl>& files);
    void pointedAt(icae::TextRange source);
    void pointerLeft();

protected:
    bool viewportEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    bool canInsertFromMimeData(const QMimeData* mime) const override;
    void insertFromMimeData(const QMimeData* mime) override;
    QMimeData* createMimeDataFromSelection() const override;

private:
    void insertLong(const QTextCursor& at, const QString& text);
    void insertSlice();
    void insertRows(const QString& text, bool last);
    QString textBetween(int begin, int end) const;
    void applyFont();
    void updateBlockStarts() const;
    qsizetype toSource(int documentPosition) const;
    int toDocument(qsizetype sourcePosition) const;
    void paintGutter(QPaintEvent* event);
    void updateMarks();
    TextRange blockRange(const QTextBlock& block) const;

    const Theme& m_theme;
    bool m_columnar = false; ///< a table or code
    QWidget* m_gutter;
    QTimer m_insertTimer;
    QTextCursor m_insertAt;
    QString m_rest; ///< still to be inserted
    bool m_firstSlice = true;
    bool m_firstRow = true;
    std::vector<SpanBand> m_spans;
    TextRange m_linked;
    mutable std::vector<qsizetype> m_blockStarts; ///< position in the source of each block
    mutable int m_startsRevision = -1;
    QString m_query;
    QTextDocument::FindFlags m_queryFlags;
};

} // namespace icae

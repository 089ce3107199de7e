#pragma once

#include "models/token_document.h"
#include "session/theme.h"
#include "widgets/common/find_target.h"
#include "widgets/common/match_list.h"
#include "widgets/common/rendered.h"
#include "widgets/common/zoomable.h"

#include <QAbstractScrollArea>
#include <QHash>

namespace icae {

/// A text as tokens, each on the colour of its uncertainty. Paints only the lines in sight.
class TokenView : public Zoomable<QAbstractScrollArea>, public FindTarget {
    Q_OBJECT

public:
    explicit TokenView(const Theme& theme, QWidget* parent = nullptr);

    void setDocument(TokenDocumentPtr document);
    TokenDocumentPtr document() const { return m_document; }
    void setMeasure(TokenMeasure measure);
    TokenMeasure measure() const { return m_measure; }

    int currentToken() const { return m_current; }
    void setCurrentToken(int token); ///< scrolls as little as possible; −1: none
    /// Marks the tokens of a range of the text.
    void setLinked(TextRange range);

    /// The token that each line begins with.
    std::vector<int> lineStarts() const;
    /// Paints everything, top to bottom.
    Rendered renderAll(QPainter& painter, int width, int greatestHeight);

    Result find(const QString& query, bool matchCase, int step) override;
    void endFind() override;

Q_SIGNALS:
    /// Pointer or keyboard is at a token; −1: at none.
    void tokenPointedAt(int token);
    void currentTokenChanged(int token);
    void detailsRequested();

protected:
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    struct Line {
        int first = 0; ///< token
        int end = 0;
        int top = 0;
    };

    void layOut();
    std::vector<Line> linesFor(int width);
    int tokenWidth(const TokenItem& item);
    int lineHeight() const;
    int tokenAt(QPoint position);
    QRect tokenRect(int token);
    int lineOf(int token) const;
    /// Where a line begins: a leading space stands in the margin.
    int lineLeft(const Line& line) const;
    void paintLine(QPainter& painter, const Line& line, int top);
    QString hint(int token) const;
    bool isMatch(int token, bool* current) const;

    QFont readingFont() const;

    const Theme& m_theme;
    TokenDocumentPtr m_document;
    TokenMeasure m_measure = TokenMeasure::Nll;
    std::vector<Line> m_lines;
    QHash<QString, int> m_widths;
    int m_current = -1;
    TextRange m_linked;
    MatchList<std::pair<int, int>> m_matches; ///< first token and last
};

/// Name of a measure, e.g. "NLL".
QString tokenMeasureName(TokenMeasure measure);

/// The colour map with its numbers.
class TokenLegend : public QWidget {
    Q_OBJECT

public:
    explicit TokenLegend(const Theme& theme, QWidget* parent = nullptr);
    void setMeasure(TokenMeasure measure);
    QSize sizeHint() const override;
    void paintMap(QPainter& painter, QSize size) const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    TokenMeasure m_measure = TokenMeasure::Nll;
};

} // namespace icae

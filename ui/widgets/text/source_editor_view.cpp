// What a SourceEditor shows besides its text: spans, marks, what the find bar found.
#include "widgets/text/source_editor.h"

#include "widgets/text/span_gutter.h"

#include <QMouseEvent>
#include <QPainter>
#include <QTextBlock>

#include <algorithm>

namespace icae {

bool SourceEditor::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::Leave)
        Q_EMIT pointerLeft();
    return QPlainTextEdit::viewportEvent(event);
}

void SourceEditor::resizeEvent(QResizeEvent* event)
{
    QPlainTextEdit::resizeEvent(event);
    const auto area = contentsRect();
    m_gutter->setGeometry(area.left(), area.top(), viewportMargins().left(), area.height());
}

void SourceEditor::mouseMoveEvent(QMouseEvent* event)
{
    QPlainTextEdit::mouseMoveEvent(event);
    if (!event->buttons()) {
        const auto at = toSource(cursorForPosition(event->pos()).position());
        Q_EMIT pointedAt({at, at + 1});
    }
}

void SourceEditor::paintEvent(QPaintEvent* event)
{
    QPainter painter(viewport());
    const int right = viewport()->width();
    for (auto block = firstVisibleBlock(); block.isValid() && !m_spans.empty(); block = block.next()) {
        const auto area = blockBoundingGeometry(block).translated(contentOffset());
        if (area.top() > event->rect().bottom())
            break;
        const auto range = blockRange(block);
        for (std::size_t i = 0; i < m_spans.size(); ++i) {
            const auto& span = m_spans[i].source;
            if (span.begin > range.end || span.end < range.begin || (span.end == range.begin && range.size() > 0)
                || (span.begin == range.end && range.size() > 0))
                continue;
            const auto tint = m_theme.color(i % 2 == 0 ? Shade::SpanA : Shade::SpanB);
            if (span.begin <= range.begin) {
                painter.fillRect(QRectF(0, area.top(), right, area.height()), tint);
                continue;
            }
            const auto at = static_cast<int>(span.begin - range.begin);
            const auto line = block.layout()->lineForTextPosition(at);
            if (!line.isValid())
                continue;
            const auto x = area.left() + line.cursorToX(at);
            const auto y = area.top() + line.y();
            painter.fillRect(QRectF(x, y, right - x, line.height()), tint);
            painter.fillRect(QRectF(0, y + line.height(), right, area.bottom() - y - line.height()), tint);
            painter.fillRect(QRectF(x, y, 1, line.height()), m_theme.color(Shade::SpanMark));
        }
    }
    painter.end();
    QPlainTextEdit::paintEvent(event);
}

void SourceEditor::paintGutter(QPaintEvent* /*event*/)
{
    QPainter painter(m_gutter);
    painter.fillRect(m_gutter->rect(), m_theme.color(Shade::Surface));
    const SpanGutter gutter(m_theme, painter);
    for (std::size_t i = 0; i < m_spans.size(); ++i) {
        int top = -1;
        int bottom = -1;
        for (auto block = firstVisibleBlock(); block.isValid(); block = block.next()) {
            const auto area = blockBoundingGeometry(block).translated(contentOffset());
            if (area.top() > height())
                break;
            const auto range = blockRange(block);
            if (m_spans[i].source.begin > range.begin || m_spans[i].source.end <= range.begin)
                continue;
            if (top < 0)
                top = std::max(0, static_cast<int>(area.top()));
            bottom = static_cast<int>(area.bottom());
        }
        if (bottom <= top)
            continue;
        painter.fillRect(QRect(0, top, m_gutter->width(), bottom - top),
                         m_theme.color(i % 2 == 0 ? Shade::SpanA : Shade::SpanB));
        gutter.paint(static_cast<int>(i), top, bottom, m_spans[i].label,
                     m_linked.size() > 0 && m_spans[i].source.contains(m_linked.begin));
    }
}

void SourceEditor::updateMarks()
{
    QList<QTextEdit::ExtraSelection> marks;
    const auto mark = [&](int begin, int end, Shade background, Shade text) {
        QTextEdit::ExtraSelection selection;
        selection.cursor = QTextCursor(document());
        selection.cursor.setPosition(begin);
        selection.cursor.setPosition(end, QTextCursor::KeepAnchor);
        selection.format.setBackground(m_theme.color(background));
        selection.format.setForeground(m_theme.color(text));
        marks.push_back(selection);
    };
    if (m_linked.size() > 0)
        mark(toDocument(m_linked.begin), toDocument(m_linked.end), Shade::Selection, Shade::SelectionText);
    if (!m_query.isEmpty()) {
        // Marks cost time each: only those in sight get one.
        const int end = cursorForPosition(QPoint(viewport()->width(), viewport()->height())).position();
        QTextCursor at(document());
        at.setPosition(firstVisibleBlock().position());
        while (true) {
            at = document()->find(m_query, at, m_queryFlags);
            if (at.isNull() || at.selectionStart() > end)
                break;
            const bool current = at.selectionStart() == textCursor().selectionStart() && textCursor().hasSelection();
            mark(at.selectionStart(), at.selectionEnd(), current ? Shade::CurrentMatch : Shade::Match,
                 current ? Shade::MatchText : Shade::Text);
        }
    }
    setExtraSelections(marks);
}

FindTarget::Result SourceEditor::find(const QString& query, bool matchCase, int step)
{
    m_query = query;
    m_queryFlags = matchCase ? QTextDocument::FindCaseSensitively : QTextDocument::FindFlags();
    Result result;
    if (query.isEmpty()) {
        updateMarks();
        return result;
    }
    auto from = textCursor();
    if (step <= 0)
        from.setPosition(from.selectionStart());
    const auto flags = step < 0 ? m_queryFlags | QTextDocument::FindBackward : m_queryFlags;
    auto found = document()->find(query, from, flags);
    if (found.isNull()) { // go round
        from.movePosition(step < 0 ? QTextCursor::End : QTextCursor::Start);
        found = document()->find(query, from, flags);
    }
    if (!found.isNull())
        setTextCursor(found);
    const auto sensitivity = matchCase ? Qt::CaseSensitive : Qt::CaseInsensitive;
    for (auto block = document()->begin(); block.isValid(); block = block.next()) {
        const auto text = block.text();
        for (auto at = text.indexOf(query, 0, sensitivity); at >= 0;
             at = text.indexOf(query, at + query.size(), sensitivity)) {
            if (!found.isNull() && block.position() + at == found.selectionStart())
                result.current = result.count;
            ++result.count;
        }
    }
    updateMarks();
    return result;
}

void SourceEditor::endFind()
{
    m_query.clear();
    updateMarks();
}

} // namespace icae

// What readers do in a ProseColumn: scroll, select, copy, search. Painting is in prose_column.cpp.
#include "widgets/text/prose_column.h"

#include "widgets/text/span_gutter.h"

#include <QAccessible>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QMenu>
#include <QMimeData>
#include <QMouseEvent>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

void ProseColumn::setCurrentDifference(int difference)
{
    m_currentDifference = difference;
    if (m_document && difference >= 0 && difference < static_cast<int>(m_document->differences.size())) {
        const int row = m_document->differences[static_cast<std::size_t>(difference)].row;
        showRow(row);
        describe(row);
    }
    viewport()->update();
}

/// For screen readers, which cannot look at what is painted: the row with its marks.
void ProseColumn::describe(int row)
{
    if (!m_document || row < 0 || row >= std::ssize(m_document->rows))
        return;
    const auto content = makeProseRow(*m_document, m_document->rows[static_cast<std::size_t>(row)], m_side);
    setAccessibleDescription(
        plainProse(*m_document, content, m_side, 0, static_cast<int>(content.text.size()), true).trimmed());
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
}

void ProseColumn::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    describe(m_anchorRow);
}

void ProseColumn::setFilter(std::vector<DifferenceClass> shown)
{
    m_filter = std::move(shown);
    m_rows.clear();
    viewport()->update();
}

void ProseColumn::setLinked(TextRange source, TextRange reconstruction)
{
    if (source == m_linkedSource && reconstruction == m_linkedReconstruction)
        return;
    m_linkedSource = source;
    m_linkedReconstruction = reconstruction;
    viewport()->update();
}

void ProseColumn::showRow(int row)
{
    if (!m_document || row < 0 || row >= m_geometry.rows())
        return;
    auto* bar = verticalScrollBar();
    const int margin = Theme::grid(4);
    for (int round = 0; round < 3; ++round) { // rows on the way may turn out higher than estimated
        for (int near = std::max(0, row - 20); near <= std::min(row + 20, m_geometry.rows() - 1); ++near)
            rowAt(near);
        m_geometry.commit();
        const int top = m_geometry.top(row);
        const int bottom = m_geometry.top(row + 1);
        if (top - margin < bar->value())
            bar->setValue(top - margin);
        else if (bottom + margin > bar->value() + viewport()->height())
            bar->setValue(std::min(top - margin, bottom + margin - viewport()->height()));
    }
}

void ProseColumn::setTopRow(int row)
{
    m_anchorRow = std::clamp(row, 0, std::max(0, m_geometry.rows() - 1));
    m_anchorOffset = 0;
    followGeometry();
}

std::optional<ProseColumn::Place> ProseColumn::placeAt(QPoint position)
{
    if (!m_document || m_geometry.rows() == 0)
        return std::nullopt;
    const int y = position.y() + verticalScrollBar()->value();
    const int row = std::max(0, m_geometry.rowAt(y));
    auto& content = rowAt(row);
    const int within = y - m_geometry.top(row);
    int line = 0;
    while (line + 1 < content.layout->lineCount() && content.layout->lineAt(line + 1).y() <= within)
        ++line;
    if (content.layout->lineCount() == 0)
        return Place{row, 0};
    return Place{row, content.layout->lineAt(line).xToCursor(position.x() - SpanGutter::width(m_theme))};
}

std::pair<ProseColumn::Place, ProseColumn::Place> ProseColumn::selection() const
{
    return std::minmax(m_selectionAnchor, m_selectionCursor);
}

bool ProseColumn::hasSelection() const
{
    return m_selectionAnchor != m_selectionCursor;
}

void ProseColumn::select(Place anchor, Place cursor)
{
    m_selectionAnchor = anchor;
    m_selectionCursor = cursor;
    viewport()->update();
}

void ProseColumn::selectAll()
{
    if (!m_document || m_document->rows.empty())
        return;
    const auto last = static_cast<int>(m_document->rows.size()) - 1;
    select({0, 0}, {last, static_cast<int>(rowAt(last).content.text.size())});
}

template <typename Visit> void ProseColumn::forSelected(Visit visit) const
{
    if (!m_document || m_document->rows.empty())
        return;
    auto [from, to] = selection();
    const bool everything = from == to;
    if (everything) {
        from = {0, 0};
        to = {static_cast<int>(m_document->rows.size()) - 1, 0};
    }
    for (int row = from.row; row <= to.row; ++row) {
        const auto content = makeProseRow(*m_document, m_document->rows[static_cast<std::size_t>(row)], m_side);
        const bool whole = everything || row != to.row;
        visit(content, row == from.row ? from.at : 0, whole ? static_cast<int>(content.text.size()) : to.at);
    }
}

QString ProseColumn::selectedText(bool marks) const
{
    QString text;
    forSelected([&](const ProseRow& row, int begin, int end) {
        text += plainProse(*m_document, row, m_side, begin, end, marks);
    });
    return text;
}

void ProseColumn::copy(bool marks) const
{
    auto mime = std::make_unique<QMimeData>();
    mime->setText(selectedText(marks));
    if (marks) {
        QString html;
        forSelected([&](const ProseRow& row, int begin, int end) { html += htmlProse(*m_document, row, begin, end); });
        mime->setHtml(html);
    }
    QGuiApplication::clipboard()->setMimeData(mime.release());
}

void ProseColumn::mousePressEvent(QMouseEvent* event)
{
    const auto place = placeAt(event->pos());
    if (!place || event->button() != Qt::LeftButton)
        return;
    select(event->modifiers() & Qt::ShiftModifier ? m_selectionAnchor : *place, *place);
    const auto& content = rowAt(place->row).content;
    for (const auto& segment : content.segments) {
        const auto difference = m_document->pieces[segment.piece].difference;
        if (place->at >= segment.begin && place->at < segment.end && difference >= 0)
            Q_EMIT differenceClicked(difference);
    }
}

void ProseColumn::mouseMoveEvent(QMouseEvent* event)
{
    const auto place = placeAt(event->pos());
    if (!place)
        return;
    if (event->buttons() & Qt::LeftButton) {
        select(m_selectionAnchor, *place);
        return;
    }
    const auto& content = rowAt(place->row).content;
    QString hint;
    for (const auto& segment : content.segments) {
        if (place->at < segment.begin || place->at >= segment.end)
            continue;
        const auto at = segment.origin + place->at - segment.begin;
        Q_EMIT pointedAt({at, at + 1}, segment.fromSource);
        const auto difference = m_document->pieces[segment.piece].difference;
        if (difference >= 0)
            hint =
                tr("Difference %1: %2")
                    .arg(difference + 1)
                    .arg(differenceClassName(m_document->differences[static_cast<std::size_t>(difference)].errorClass));
        break;
    }
    if (viewport()->toolTip() != hint)
        viewport()->setToolTip(hint);
}

void ProseColumn::mouseDoubleClickEvent(QMouseEvent* event)
{
    const auto place = placeAt(event->pos());
    if (place && m_side == ProseSide::Source)
        Q_EMIT editRequested(rowAt(place->row).content.originAt(place->at, true));
}

void ProseColumn::keyPressEvent(QKeyEvent* event)
{
    auto* bar = verticalScrollBar();
    if (event->matches(QKeySequence::SelectAll))
        selectAll();
    else if (event->matches(QKeySequence::Copy) && hasSelection())
        copy(false);
    else if (hasSelection() && event->key() == Qt::Key_C
             && event->modifiers() == (Qt::ControlModifier | Qt::ShiftModifier))
        copy(true);
    else if (event->key() == Qt::Key_Home)
        bar->setValue(0);
    else if (event->key() == Qt::Key_End)
        bar->setValue(bar->maximum());
    else if (event->key() == Qt::Key_F2 && m_side == ProseSide::Source && m_document && !m_document->rows.empty())
        Q_EMIT editRequested(m_document->rows[static_cast<std::size_t>(m_anchorRow)].source.begin);
    else
        QAbstractScrollArea::keyPressEvent(event);
    describe(m_anchorRow);
}

void ProseColumn::contextMenuEvent(QContextMenuEvent* event)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    auto* plain = menu->addAction(m_theme.icon(u"copy"_s), tr("Copy"), this, [this] { copy(false); });
    plain->setShortcut(QKeySequence::Copy);
    auto* marked = menu->addAction(tr("Copy with marks"), this, [this] { copy(true); });
    marked->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C));
    plain->setEnabled(hasSelection());
    marked->setEnabled(hasSelection());
    menu->addAction(tr("Select all"), this, &ProseColumn::selectAll)->setShortcut(QKeySequence::SelectAll);
    menu->popup(event->globalPos());
}

QList<QTextLayout::FormatRange> ProseColumn::overlays(int row, const Row& content) const
{
    QList<QTextLayout::FormatRange> result;
    const auto add = [&](int begin, int end, Shade background, std::optional<Shade> text) {
        QTextCharFormat format;
        format.setBackground(m_theme.color(background));
        if (text)
            format.setForeground(m_theme.color(*text));
        if (begin < end)
            result.push_back({begin, end - begin, format});
    };
    for (const auto& [begin, end] : content.content.placesOf(m_linkedSource, true))
        add(begin, end, Shade::Selection, Shade::SelectionText);
    for (const auto& [begin, end] : content.content.placesOf(m_linkedReconstruction, false))
        add(begin, end, Shade::Selection, Shade::SelectionText);
    const auto length = static_cast<int>(m_matches.query().size());
    const auto& matches = m_matches.all();
    const auto first =
        std::lower_bound(matches.begin(), matches.end(), row, [](const Match& m, int r) { return m.row < r; });
    for (auto it = first; it != matches.end() && it->row == row; ++it) {
        const bool current = &*it == m_matches.current();
        add(it->begin, it->begin + length, current ? Shade::CurrentMatch : Shade::Match,
            current ? std::optional(Shade::MatchText) : std::nullopt);
    }
    const auto [from, to] = selection();
    if (from != to && row >= from.row && row <= to.row)
        add(row == from.row ? from.at : 0, row == to.row ? to.at : static_cast<int>(content.content.text.size()),
            Shade::Selection, Shade::SelectionText);
    return result;
}

FindTarget::Result ProseColumn::find(const QString& query, bool matchCase, int step)
{
    const auto collect = [this](const QString& wanted, Qt::CaseSensitivity sensitivity) {
        std::vector<Match> matches;
        for (std::size_t r = 0; m_document && r < m_document->rows.size(); ++r) {
            const auto text = makeProseRow(*m_document, m_document->rows[r], m_side).text;
            for (auto at = text.indexOf(wanted, 0, sensitivity); at >= 0;
                 at = text.indexOf(wanted, at + wanted.size(), sensitivity))
                matches.push_back({static_cast<int>(r), static_cast<int>(at)});
        }
        return matches;
    };
    const auto result = m_matches.find(query, matchCase, step, collect,
                                       [this](const Match& match) { return match.row >= m_anchorRow; });
    if (const auto* match = m_matches.current())
        showRow(match->row);
    viewport()->update();
    return result;
}

void ProseColumn::endFind()
{
    m_matches.clear();
    viewport()->update();
}

} // namespace icae

// What readers do in a TokenView: point, walk, search. Painting is in token_view.cpp.
#include "widgets/text/token_view.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>

namespace icae {

QString TokenView::hint(int token) const
{
    const auto& scored = m_document->tokens[static_cast<std::size_t>(token)];
    auto text = tr("“%1”  NLL %L2 · entropy %L3 nats · rank %L4")
                    .arg(readablePiece(scored.piece).toHtmlEscaped())
                    .arg(scored.nll, 0, 'f', 2)
                    .arg(scored.entropy, 0, 'f', 2)
                    .arg(scored.rank + 1);
    for (const auto& other : scored.alternatives)
        text += tr("<br>%L1 %  “%2”")
                    .arg(100 * other.probability, 0, 'f', 1)
                    .arg(readablePiece(other.piece).toHtmlEscaped());
    return text;
}

bool TokenView::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int token = tokenAt(help->pos());
        if (token >= 0)
            QToolTip::showText(help->globalPos(), hint(token), viewport(),
                               tokenRect(token).translated(0, -verticalScrollBar()->value()));
        else
            QToolTip::hideText();
        return true;
    }
    if (event->type() == QEvent::Leave)
        Q_EMIT tokenPointedAt(-1);
    return QAbstractScrollArea::viewportEvent(event);
}

void TokenView::mouseMoveEvent(QMouseEvent* event)
{
    Q_EMIT tokenPointedAt(tokenAt(event->pos()));
}

void TokenView::mousePressEvent(QMouseEvent* event)
{
    const int token = tokenAt(event->pos());
    if (token >= 0)
        setCurrentToken(token);
}

void TokenView::mouseDoubleClickEvent(QMouseEvent* /*event*/)
{
    if (m_current >= 0)
        Q_EMIT detailsRequested();
}

void TokenView::keyPressEvent(QKeyEvent* event)
{
    const int count = m_document ? static_cast<int>(m_document->tokens.size()) : 0;
    if (count == 0) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    const auto vertical = [&](int step) {
        const auto box = tokenRect(std::max(0, m_current));
        const int line = std::clamp(lineOf(std::max(0, m_current)) + step, 0, static_cast<int>(m_lines.size()) - 1);
        const auto& target = m_lines[static_cast<std::size_t>(line)];
        int x = lineLeft(target);
        int token = target.first;
        for (; token + 1 < target.end; ++token) {
            x += tokenWidth(m_document->items[static_cast<std::size_t>(token)]);
            if (x > box.center().x())
                break;
        }
        return token;
    };
    const int page = std::max(1, viewport()->height() / lineHeight() - 1);
    int token = 0;
    switch (event->key()) {
    case Qt::Key_Right:
        token = std::min(m_current + 1, count - 1);
        break;
    case Qt::Key_Left:
        token = std::max(m_current - 1, 0);
        break;
    case Qt::Key_Down:
        token = vertical(1);
        break;
    case Qt::Key_Up:
        token = vertical(-1);
        break;
    case Qt::Key_PageDown:
        token = vertical(page);
        break;
    case Qt::Key_PageUp:
        token = vertical(-page);
        break;
    case Qt::Key_Home:
        token = 0;
        break;
    case Qt::Key_End:
        token = count - 1;
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        Q_EMIT detailsRequested();
        return;
    default:
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    setCurrentToken(token);
    Q_EMIT tokenPointedAt(token);
}

FindTarget::Result TokenView::find(const QString& query, bool matchCase, int step)
{
    // A word may be several tokens, and a token several matches.
    const auto collect = [this](const QString& wanted, Qt::CaseSensitivity sensitivity) {
        QString text;
        std::vector<qsizetype> ends;
        for (std::size_t i = 0; m_document && i < m_document->items.size(); ++i) {
            text += m_document->items[i].text;
            ends.push_back(text.size());
        }
        const auto tokenOf = [&](qsizetype at) {
            return static_cast<int>(std::upper_bound(ends.begin(), ends.end(), at) - ends.begin());
        };
        std::vector<std::pair<int, int>> matches;
        for (auto at = text.indexOf(wanted, 0, sensitivity); at >= 0;
             at = text.indexOf(wanted, at + wanted.size(), sensitivity))
            matches.emplace_back(tokenOf(at), tokenOf(at + wanted.size() - 1));
        return matches;
    };
    const auto result =
        m_matches.find(query, matchCase, step, collect, [this](const auto& match) { return match.first >= m_current; });
    if (const auto* match = m_matches.current())
        setCurrentToken(match->first);
    viewport()->update();
    return result;
}

void TokenView::endFind()
{
    m_matches.clear();
    viewport()->update();
}

} // namespace icae

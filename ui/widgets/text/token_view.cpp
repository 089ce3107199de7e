#include "widgets/text/token_view.h"

#include <QPainter>
#include <QScrollBar>

#include <algorithm>

namespace icae {

namespace {

constexpr int margin = 16;
constexpr int lineGap = 4;

} // namespace

TokenView::TokenView(const Theme& theme, QWidget* parent)
    : Zoomable(parent)
    , m_theme(theme)
{
    setAccessibleName(tr("Tokens"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    connect(&m_theme, &Theme::changed, this, [this] {
        m_widths.clear();
        layOut();
    });
}

QFont TokenView::readingFont() const
{
    return m_theme.font(m_document && m_document->columnar ? TypeRole::Fixed : TypeRole::Reading);
}

void TokenView::setDocument(TokenDocumentPtr document)
{
    m_widths.clear(); // it may be of another pitch
    m_document = std::move(document);
    m_current = -1;
    m_linked = {};
    layOut();
    if (m_matches.isActive())
        find(m_matches.query(), m_matches.matchesCase(), 0);
}

void TokenView::setMeasure(TokenMeasure measure)
{
    m_measure = measure;
    viewport()->update();
}

int TokenView::lineHeight() const
{
    return QFontMetrics(readingFont()).height() + 2 + lineGap;
}

int TokenView::tokenWidth(const TokenItem& item)
{
    const auto known = m_widths.constFind(item.text);
    if (known != m_widths.constEnd())
        return *known;
    const auto width = QFontMetrics(readingFont()).horizontalAdvance(item.text);
    m_widths.insert(item.text, width);
    return width;
}

std::vector<TokenView::Line> TokenView::linesFor(int width)
{
    std::vector<Line> lines;
    if (!m_document)
        return lines;
    const int height = lineHeight();
    const auto& items = m_document->items;
    const auto wordWidth = [&](std::size_t token) { // up to the next token that begins a word
        int sum = tokenWidth(items[token]);
        for (auto i = token + 1; i < items.size() && sum <= width; ++i) {
            if (items[i - 1].breaksLine || items[i].special || items[i].text.startsWith(u' '))
                break;
            sum += tokenWidth(items[i]);
        }
        return sum;
    };
    int x = 0;
    bool newLine = true;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const int own = tokenWidth(items[i]);
        const bool beginsWord = items[i].special || items[i].text.startsWith(u' ');
        const int needed = beginsWord ? wordWidth(i) : own;
        if (newLine || x + own > width || (x + needed > width && needed <= width)) {
            lines.push_back({static_cast<int>(i), static_cast<int>(i), static_cast<int>(lines.size()) * height});
            x = 0;
        }
        x += own;
        lines.back().end = static_cast<int>(i) + 1;
        newLine = items[i].breaksLine;
    }
    return lines;
}

int TokenView::lineLeft(const Line& line) const
{
    const auto& text = m_document->items[static_cast<std::size_t>(line.first)].text;
    return margin - (text.startsWith(u' ') ? QFontMetrics(readingFont()).horizontalAdvance(u' ') : 0);
}

std::vector<int> TokenView::lineStarts() const
{
    std::vector<int> starts;
    for (const auto& line : m_lines)
        starts.push_back(line.first);
    return starts;
}

void TokenView::layOut()
{
    const int first = m_lines.empty()
        ? 0
        : m_lines[static_cast<std::size_t>(std::clamp<int>(verticalScrollBar()->value() / lineHeight(), 0,
                                                           static_cast<int>(m_lines.size()) - 1))]
              .first;
    m_lines = linesFor(viewport()->width() - 2 * margin);
    auto* bar = verticalScrollBar();
    bar->setPageStep(viewport()->height());
    bar->setSingleStep(lineHeight());
    bar->setRange(0, std::max(0, static_cast<int>(m_lines.size()) * lineHeight() + margin - viewport()->height()));
    bar->setValue(m_lines.empty() ? 0 : m_lines[static_cast<std::size_t>(lineOf(first))].top);
    viewport()->update();
}

int TokenView::lineOf(int token) const
{
    const auto after = std::upper_bound(m_lines.begin(), m_lines.end(), token,
                                        [](int at, const Line& line) { return at < line.first; });
    return std::max(0, static_cast<int>(after - m_lines.begin()) - 1);
}

QRect TokenView::tokenRect(int token)
{
    const auto& line = m_lines[static_cast<std::size_t>(lineOf(token))];
    int x = lineLeft(line);
    for (int i = line.first; i < token; ++i)
        x += tokenWidth(m_document->items[static_cast<std::size_t>(i)]);
    return {x, line.top + margin / 2, tokenWidth(m_document->items[static_cast<std::size_t>(token)]),
            lineHeight() - lineGap};
}

int TokenView::tokenAt(QPoint position)
{
    const int y = position.y() + verticalScrollBar()->value() - margin / 2;
    const int number = y / lineHeight();
    if (!m_document || y < 0 || number >= static_cast<int>(m_lines.size()))
        return -1;
    const auto& line = m_lines[static_cast<std::size_t>(number)];
    int x = lineLeft(line);
    for (int i = line.first; i < line.end; ++i) {
        const int width = tokenWidth(m_document->items[static_cast<std::size_t>(i)]);
        if (position.x() >= x && position.x() < x + width)
            return i;
        x += width;
    }
    return -1;
}

void TokenView::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    layOut();
}

void TokenView::scrollContentsBy(int /*dx*/, int /*dy*/)
{
    viewport()->update();
}

void TokenView::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), m_theme.color(Shade::Surface));
    const int scroll = verticalScrollBar()->value() - margin / 2;
    const auto first = static_cast<std::size_t>(std::max(0, scroll / lineHeight()));
    for (auto i = first; i < m_lines.size() && m_lines[i].top - scroll < viewport()->height(); ++i)
        paintLine(painter, m_lines[i], m_lines[i].top - scroll);
}

void TokenView::paintLine(QPainter& painter, const Line& line, int top)
{
    painter.setFont(readingFont());
    int x = lineLeft(line);
    for (int i = line.first; i < line.end; ++i) {
        const auto index = static_cast<std::size_t>(i);
        const auto& item = m_document->items[index];
        const auto& token = m_document->tokens[index];
        const QRect box(x, top, tokenWidth(item), lineHeight() - lineGap);
        const auto color = m_theme.sequential(intensityOf(measureOf(token, m_measure), m_measure));
        painter.fillRect(box.adjusted(0, 0, -1, 0), color);
        const bool linked = m_linked.size() > 0 && item.range.begin < m_linked.end && m_linked.begin < item.range.end;
        auto text = m_theme.textOn(color);
        bool current = false;
        if (isMatch(i, &current)) {
            painter.fillRect(box, m_theme.color(current ? Shade::CurrentMatch : Shade::Match));
            text = m_theme.color(current ? Shade::MatchText : Shade::Text);
        }
        if (item.special)
            text.setAlphaF(0.7F);
        painter.setPen(text);
        painter.drawText(box.adjusted(0, 0, 1, 0), Qt::AlignVCenter | Qt::AlignLeft, item.text);
        if (token.rank > 0) { // not by colour alone
            painter.setPen(QPen(text, 1.4, Qt::DotLine));
            painter.drawLine(box.left() + 2, box.bottom() - 1, box.right() - 2, box.bottom() - 1);
        }
        if (i == m_current || linked) {
            painter.setPen(QPen(m_theme.color(Shade::Accent), i == m_current ? 2 : 1));
            painter.drawRect(box.adjusted(0, 0, -1, -1));
        }
        x += box.width();
    }
}

Rendered TokenView::renderAll(QPainter& painter, int width, int greatestHeight)
{
    Rendered result;
    for (const auto& line : linesFor(width - 2 * margin)) {
        result.complete = line.top + lineHeight() <= greatestHeight;
        if (!result.complete)
            break;
        paintLine(painter, line, line.top);
        result.height = line.top + lineHeight();
    }
    return result;
}

void TokenView::setCurrentToken(int token)
{
    if (!m_document || token >= static_cast<int>(m_document->tokens.size()) || token == m_current)
        return;
    m_current = std::max(-1, token);
    if (m_current >= 0) {
        const auto box = tokenRect(m_current);
        auto* bar = verticalScrollBar();
        if (box.top() < bar->value())
            bar->setValue(box.top() - Theme::grid(2));
        else if (box.bottom() > bar->value() + viewport()->height())
            bar->setValue(box.bottom() + Theme::grid(2) - viewport()->height());
    }
    viewport()->update();
    Q_EMIT currentTokenChanged(m_current);
}

void TokenView::setLinked(TextRange range)
{
    if (range == m_linked)
        return;
    m_linked = range;
    viewport()->update();
}

bool TokenView::isMatch(int token, bool* current) const
{
    const auto& all = m_matches.all();
    const auto behind =
        std::upper_bound(all.begin(), all.end(), token, [](int at, const auto& match) { return at < match.first; });
    const auto found = behind == all.begin() ? all.end() : std::prev(behind);
    if (found == all.end() || found->second < token)
        return false;
    const auto* now = m_matches.current();
    *current = now->first <= token && token <= now->second;
    return true;
}

} // namespace icae

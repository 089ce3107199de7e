#include "widgets/text/prose_column.h"

#include "widgets/text/span_gutter.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QMenu>
#include <QMimeData>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

constexpr int rowPadding = 3;
constexpr int rightMargin = 16;
constexpr int sliceMilliseconds = 6;
constexpr int cachedRows = 400;
constexpr int charactersALine = 110; // longer lines are hard to read

} // namespace

ProseColumn::ProseColumn(const Theme& theme, ProseSide side, RowGeometry& geometry, int index, QWidget* parent)
    : Zoomable(parent)
    , m_theme(theme)
    , m_side(side)
    , m_geometry(geometry)
    , m_index(index)
    , m_rows(cachedRows)
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    viewport()->setCursor(Qt::IBeamCursor);
    m_measureTimer.setInterval(0);
    connect(&m_measureTimer, &QTimer::timeout, this, &ProseColumn::measureSlice);
    connect(&m_geometry, &RowGeometry::changed, this, &ProseColumn::followGeometry);
    connect(&m_theme, &Theme::changed, this, [this] {
        forgetLayouts();
        viewport()->update();
    });
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, [this](int value) {
        if (m_following || m_geometry.rows() == 0)
            return;
        m_anchorRow = std::max(0, m_geometry.rowAt(value));
        m_anchorOffset = value - m_geometry.top(m_anchorRow);
    });
}

void ProseColumn::setDocument(DiffDocumentPtr document, int firstChanged)
{
    const bool wasColumnar = m_document && m_document->columnar;
    m_document = std::move(document);
    if (m_document && wasColumnar != m_document->columnar)
        forgetLayouts();
    if (firstChanged == 0) {
        m_selectionAnchor = m_selectionCursor = {};
        m_currentDifference = -1;
        m_linkedSource = m_linkedReconstruction = {};
    }
    const auto keys = m_rows.keys();
    for (const auto row : keys)
        if (row >= firstChanged)
            m_rows.remove(row);
    m_measureFrom = std::min(m_measureFrom, firstChanged);
    const auto rows = m_document ? static_cast<int>(m_document->rows.size()) : 0;
    for (int row = firstChanged; row < rows; ++row)
        m_geometry.setHeight(m_index, row, estimatedHeight(m_document->rows[static_cast<std::size_t>(row)]), false);
    if (m_matches.isActive())
        find(m_matches.query(), m_matches.matchesCase(), 0);
    m_measureTimer.start();
    viewport()->update();
}

QFont ProseColumn::readingFont() const
{
    return m_theme.font(m_document && m_document->columnar ? TypeRole::Fixed : TypeRole::Reading);
}

void ProseColumn::forgetLayouts()
{
    m_rows.clear();
    m_geometry.forget(m_index);
    m_measureFrom = 0;
    m_measureTimer.start();
}

int ProseColumn::textWidth() const
{
    const int longestLine = charactersALine * QFontMetrics(readingFont()).averageCharWidth();
    return std::clamp(viewport()->width() - SpanGutter::width(m_theme) - rightMargin, 80, longestLine);
}

int ProseColumn::estimatedHeight(const DiffDisplayRow& row) const
{
    const QFontMetrics metrics(readingFont());
    const auto characters = m_side == ProseSide::Source ? row.source.size()
        : m_side == ProseSide::Reconstruction           ? row.reconstruction.size()
                                                        : std::max(row.source.size(), row.reconstruction.size());
    const auto lines = 1 + characters * metrics.averageCharWidth() / textWidth();
    return static_cast<int>(lines) * metrics.height() + 2 * rowPadding;
}

void ProseColumn::layOut(Row& row, int width) const
{
    row.layout = std::make_unique<QTextLayout>(row.content.text, readingFont());
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    row.layout->setTextOption(option);
    row.layout->setFormats(proseFormats(*m_document, row.content, m_theme, m_filter));
    row.layout->beginLayout();
    // A row that goes on within a sentence begins with a space: it hangs in the margin. More of them indent a line.
    const auto hanging = row.content.text.startsWith(u' ') && !row.content.text.startsWith(QStringLiteral("  "))
        ? QFontMetricsF(readingFont()).horizontalAdvance(u' ')
        : 0.0;
    qreal y = 0;
    for (auto line = row.layout->createLine(); line.isValid(); line = row.layout->createLine()) {
        const auto left = y > 0 ? 0.0 : -hanging;
        line.setLineWidth(width - left);
        line.setPosition({left, y});
        y += line.height();
    }
    row.layout->endLayout();
    row.textHeight = static_cast<int>(std::ceil(y));
}

int ProseColumn::rowHeight(const Row& row) const
{
    return row.textHeight + 2 * rowPadding;
}

ProseColumn::Row& ProseColumn::rowAt(int row)
{
    if (auto* cached = m_rows.object(row))
        return *cached;
    auto made = std::make_unique<Row>();
    made->content = makeProseRow(*m_document, m_document->rows[static_cast<std::size_t>(row)], m_side);
    layOut(*made, textWidth());
    m_geometry.setHeight(m_index, row, rowHeight(*made), true);
    m_rows.insert(row, made.release());
    return *m_rows.object(row);
}

void ProseColumn::measureVisible()
{
    if (!m_document || m_geometry.rows() == 0)
        return;
    for (int round = 0; round < 3; ++round) {
        const int end = verticalScrollBar()->value() + viewport()->height();
        for (int row = std::max(0, m_anchorRow); row < m_geometry.rows() && m_geometry.top(row) < end; ++row)
            rowAt(row);
        const int before = m_geometry.total();
        m_geometry.commit();
        if (m_geometry.total() == before)
            return;
    }
}

void ProseColumn::measureSlice()
{
    const auto rows = m_document ? std::min(static_cast<int>(m_document->rows.size()), m_geometry.rows()) : 0;
    if (!isVisible() || m_measureFrom >= rows) {
        m_measureTimer.stop();
        m_geometry.commit();
        return;
    }
    QElapsedTimer clock;
    clock.start();
    for (; m_measureFrom < rows && clock.elapsed() < sliceMilliseconds; ++m_measureFrom)
        if (!m_geometry.isExact(m_index, m_measureFrom)) {
            Row row;
            row.content = makeProseRow(*m_document, m_document->rows[static_cast<std::size_t>(m_measureFrom)], m_side);
            layOut(row, textWidth());
            m_geometry.setHeight(m_index, m_measureFrom, rowHeight(row), true);
        }
    m_geometry.commit();
}

void ProseColumn::followGeometry()
{
    m_following = true;
    auto* bar = verticalScrollBar();
    bar->setPageStep(viewport()->height());
    bar->setSingleStep(QFontMetrics(readingFont()).height());
    bar->setRange(0, std::max(0, m_geometry.total() + Theme::grid(2) - viewport()->height()));
    m_anchorRow = std::clamp(m_anchorRow, 0, std::max(0, m_geometry.rows() - 1));
    bar->setValue(m_geometry.rows() == 0 ? 0 : m_geometry.top(m_anchorRow) + m_anchorOffset);
    m_following = false;
    viewport()->update();
}

void ProseColumn::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    if (event->size().width() != event->oldSize().width())
        forgetLayouts();
    followGeometry();
}

void ProseColumn::showEvent(QShowEvent* event)
{
    QAbstractScrollArea::showEvent(event);
    m_measureTimer.start(); // rows that changed meanwhile
}

void ProseColumn::scrollContentsBy(int /*dx*/, int /*dy*/)
{
    viewport()->update();
}

bool ProseColumn::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::Leave)
        Q_EMIT pointerLeft();
    return QAbstractScrollArea::viewportEvent(event);
}

TextRange ProseColumn::rangeOf(const SpanBand& span) const
{
    return m_side == ProseSide::Reconstruction ? span.reconstruction : span.source;
}

bool ProseColumn::isLinked(const SpanBand& span) const
{
    return (m_linkedSource.size() > 0 && span.source.contains(m_linkedSource.begin))
        || (m_linkedReconstruction.size() > 0 && span.reconstruction.contains(m_linkedReconstruction.begin));
}

void ProseColumn::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), m_theme.color(Shade::Surface));
    if (!m_document || m_geometry.rows() == 0)
        return;
    measureVisible();
    const int scroll = verticalScrollBar()->value();
    const int first = std::max(0, m_geometry.rowAt(scroll));
    int row = first;
    for (; row < m_geometry.rows() && m_geometry.top(row) - scroll < viewport()->height(); ++row)
        paintRow(painter, row, rowAt(row), m_geometry.top(row) - scroll, viewport()->width());
    paintGutter(painter, first, row - 1);
}

void ProseColumn::paintRow(QPainter& painter, int row, Row& content, int top, int width) const
{
    const QRect area(0, top, width, m_geometry.height(row));
    paintBands(painter, row, content, area);
    const QPointF origin(SpanGutter::width(m_theme), top + rowPadding);
    painter.setPen(m_theme.color(Shade::Text));
    content.layout->draw(&painter, origin, overlays(row, content));
    paintOutline(painter, content, origin);
}

void ProseColumn::paintBands(QPainter& painter, int row, const Row& content, QRect area) const
{
    const auto& rows = m_document->rows[static_cast<std::size_t>(row)];
    // What has no counterpart belongs to the span of its sentence.
    const bool ofSource = m_side != ProseSide::Reconstruction || rows.reconstruction.size() == 0;
    const auto range = ofSource ? rows.source : rows.reconstruction;
    const auto& spans = m_document->spans;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const auto span = ofSource ? spans[i].source : spans[i].reconstruction;
        const bool here = range.size() == 0
            ? span.begin <= range.begin && range.begin < std::max(span.end, span.begin + 1)
            : span.begin < range.end && range.begin < span.end;
        if (!here)
            continue;
        const auto tint = m_theme.color(i % 2 == 0 ? Shade::SpanA : Shade::SpanB);
        if (span.begin <= range.begin) {
            painter.fillRect(area, tint);
            continue;
        }
        // Begins within the row: from that character on.
        const auto places = content.content.placesOf({span.begin, range.end}, ofSource);
        if (places.empty())
            continue;
        const auto line = content.layout->lineForTextPosition(places.front().first);
        const auto left = SpanGutter::width(m_theme);
        const auto y = area.top() + rowPadding + static_cast<int>(line.y());
        const auto x = left + static_cast<int>(line.cursorToX(places.front().first));
        const auto below = y + static_cast<int>(line.height());
        painter.fillRect(QRect(x, y, area.width() - x, below - y), tint);
        painter.fillRect(QRect(0, below, area.width(), area.bottom() + 1 - below), tint);
        painter.fillRect(QRect(x, y, 1, below - y), m_theme.color(Shade::SpanMark));
    }
}

void ProseColumn::paintGutter(QPainter& painter, int firstRow, int lastRow)
{
    const int scroll = verticalScrollBar()->value();
    const int end = m_geometry.top(lastRow + 1) - scroll;
    const auto rowOf = [&](qsizetype position) {
        return m_side == ProseSide::Reconstruction ? m_document->rowAtReconstruction(position)
                                                   : m_document->rowAtSource(position);
    };
    const SpanGutter gutter(m_theme, painter);
    for (std::size_t i = 0; i < m_document->spans.size(); ++i) {
        const auto& span = m_document->spans[i];
        const auto range = rangeOf(span);
        if (range.size() == 0)
            continue;
        const int first = rowOf(range.begin);
        const int last = rowOf(std::max(range.begin, range.end - 1));
        if (last < firstRow || first > lastRow)
            continue;
        const int top = std::max(0, m_geometry.top(first) - scroll);
        const int bottom = std::min(end, m_geometry.top(last + 1) - scroll);
        gutter.paint(static_cast<int>(i), top, bottom,
                     m_side == ProseSide::Reconstruction && !span.scores.isEmpty() ? span.scores : span.label,
                     isLinked(span));
    }
    if (!m_document->partial && !m_document->differences.empty()) {
        const int row = m_document->differences.front().row;
        if (row >= firstRow && row <= lastRow)
            gutter.paintFlag(m_geometry.top(row) - scroll + rowPadding);
    }
}

void ProseColumn::paintOutline(QPainter& painter, const Row& content, QPointF origin) const
{
    if (m_currentDifference < 0)
        return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_theme.color(Shade::Accent), 1.5));
    painter.setBrush(Qt::NoBrush);
    for (const auto& segment : content.content.segments) {
        if (m_document->pieces[segment.piece].difference != m_currentDifference)
            continue;
        for (int i = 0; i < content.layout->lineCount(); ++i) {
            const auto line = content.layout->lineAt(i);
            const int from = std::max(segment.begin, line.textStart());
            const int to = std::min(segment.end, line.textStart() + line.textLength());
            if (from >= to)
                continue;
            const auto x = line.cursorToX(from);
            if (line.cursorToX(to) - x < 2) // a line break
                continue;
            painter.drawRoundedRect(QRectF(origin.x() + x, origin.y() + line.y(), line.cursorToX(to) - x, line.height())
                                        .adjusted(-1.5, -0.5, 1.5, 0.5),
                                    3, 3);
        }
    }
    painter.restore();
}

Rendered ProseColumn::renderAll(QPainter& painter, int width, int greatestHeight, const ProseColumn* beside) const
{
    if (!m_document)
        return {};
    bool complete = true;
    const int gap = Theme::grid(3);
    const int inner = beside == nullptr ? width - 2 * gap : (width - 3 * gap) / 2;
    int top = gap;
    painter.setPen(m_theme.color(Shade::Text));
    for (const auto& shown : m_document->rows) {
        int height = 0;
        std::vector<std::pair<Row, int>> cells; // and where they begin
        const auto add = [&](const ProseColumn& column, int left) {
            Row row;
            row.content = makeProseRow(*m_document, shown, column.m_side);
            column.layOut(row, inner);
            height = std::max(height, rowHeight(row));
            cells.emplace_back(std::move(row), left);
        };
        if (beside != nullptr)
            add(*beside, gap);
        add(*this, beside == nullptr ? gap : inner + 2 * gap);
        complete = top + height + gap <= greatestHeight;
        if (!complete)
            break;
        for (const auto& [row, left] : cells)
            row.layout->draw(&painter, QPointF(left, top + rowPadding));
        top += height;
    }
    return {top + gap, complete};
}

} // namespace icae

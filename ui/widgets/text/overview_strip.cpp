#include "widgets/text/overview_strip.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace icae {

OverviewStrip::OverviewStrip(const Theme& theme, RowGeometry& geometry, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_geometry(geometry)
{
    setAccessibleName(tr("Overview of differences"));
    setToolTip(tr("Differences over the whole text; click to go there"));
    setFixedWidth(Theme::grid(2));
    setCursor(Qt::PointingHandCursor);
    connect(&m_geometry, &RowGeometry::changed, this, qOverload<>(&QWidget::update));
    connect(&m_theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void OverviewStrip::setDocument(DiffDocumentPtr document)
{
    m_document = std::move(document);
    update();
}

void OverviewStrip::setCurrentDifference(int difference)
{
    m_current = difference;
    update();
}

void OverviewStrip::setFilter(std::vector<DifferenceClass> shown)
{
    m_filter = std::move(shown);
    update();
}

void OverviewStrip::setVisiblePart(int top, int height)
{
    m_visibleTop = top;
    m_visibleHeight = height;
    update();
}

void OverviewStrip::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.color(Shade::Window));
    painter.fillRect(0, 0, 1, height(), m_theme.color(Shade::Hairline));
    const int total = m_geometry.total();
    if (!m_document || total == 0)
        return;
    const int longest = std::max(total, m_visibleHeight); // a short text keeps its place beside the rows
    const auto toStrip = [&](int y) { return static_cast<int>(std::int64_t{y} * height() / longest); };
    painter.fillRect(1, toStrip(m_visibleTop), width() - 1, std::max(4, toStrip(m_visibleHeight)),
                     m_theme.color(Shade::Hover));
    for (std::size_t i = 0; i < m_document->differences.size(); ++i) {
        const auto& difference = m_document->differences[i];
        if (difference.row >= m_geometry.rows()
            || (!m_filter.empty()
                && std::find(m_filter.begin(), m_filter.end(), difference.errorClass) == m_filter.end()))
            continue;
        const int y = toStrip((m_geometry.top(difference.row) + m_geometry.top(difference.row + 1)) / 2);
        // Deleted at the left, inserted at the right, replaced across: not by colour alone.
        const int half = (width() - 4) / 2;
        if (difference.kind != PieceKind::Inserted)
            painter.fillRect(3, y - 1, half, 3, m_theme.color(Shade::Deleted));
        if (difference.kind != PieceKind::Deleted)
            painter.fillRect(3 + half, y - 1, half, 3, m_theme.color(Shade::Inserted));
        if (static_cast<int>(i) == m_current) {
            painter.setPen(m_theme.color(Shade::Accent));
            painter.drawRect(1, y - 3, width() - 3, 6);
        }
    }
}

void OverviewStrip::mousePressEvent(QMouseEvent* event)
{
    if (event->buttons() & Qt::LeftButton && m_geometry.rows() > 0)
        Q_EMIT rowRequested(m_geometry.rowAt(
            static_cast<int>(std::int64_t{event->pos().y()} * m_geometry.total() / std::max(1, height()))));
}

void OverviewStrip::mouseMoveEvent(QMouseEvent* event)
{
    mousePressEvent(event);
}

} // namespace icae

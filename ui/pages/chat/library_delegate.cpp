#include "pages/chat/library_delegate.h"

#include "models/memory_tree_model.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int boxSide = 14;
constexpr int stripHeight = 6;

} // namespace

LibraryDelegate::LibraryDelegate(const Theme& theme, int lineRole, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
    , m_lineRole(lineRole)
{
}

QSize LibraryDelegate::sizeHint(const QStyleOptionViewItem& /*option*/, const QModelIndex& index) const
{
    auto height = QFontMetrics(m_theme.font(TypeRole::Body)).height()
        + QFontMetrics(m_theme.font(TypeRole::Caption)).height() + Theme::grid(1.5);
    if (m_lit && index.parent().isValid())
        height += stripHeight + Theme::grid(0.5);
    return {Theme::grid(12), height};
}

QRect LibraryDelegate::boxOf(const QRect& row) const
{
    const auto line = QFontMetrics(m_theme.font(TypeRole::Body)).height();
    return {row.left() + Theme::grid(), row.top() + Theme::grid(0.75) + (line - boxSide) / 2, boxSide, boxSide};
}

/// Below both lines of a span.
QRect LibraryDelegate::stripOf(const QRect& row) const
{
    const auto left = boxOf(row).right() + Theme::grid();
    return {left, row.bottom() - stripHeight - Theme::grid(0.5), row.right() - Theme::grid() - left + 1, stripHeight};
}

int LibraryDelegate::slotAt(const QRect& row, const QModelIndex& index, QPoint position) const
{
    const auto total = index.data(MemoryTreeModel::TotalSlotsRole).toInt();
    const auto strip = stripOf(row);
    if (!m_lit || !index.parent().isValid() || total <= 0 || strip.width() <= 0
        || !strip.adjusted(0, -Theme::grid(0.5), 0, Theme::grid(0.5)).contains(position))
        return -1;
    return std::clamp((position.x() - strip.left()) * total / strip.width(), 0, total - 1);
}

void LibraryDelegate::paintBox(QPainter& painter, const QRect& box, bool on) const
{
    painter.setPen(m_theme.color(on ? Shade::Accent : Shade::SecondaryText));
    painter.setBrush(m_theme.color(on ? Shade::Accent : Shade::Surface));
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    if (on)
        m_theme.icon(u"check"_s, Shade::AccentText).paint(&painter, box.adjusted(1, 1, -1, -1));
}

void LibraryDelegate::paintSlots(QPainter& painter, const QRect& area, const QModelIndex& index) const
{
    const auto total = index.data(MemoryTreeModel::TotalSlotsRole).toDouble();
    if (total <= 0)
        return;
    painter.fillRect(area, m_theme.color(Shade::Hairline));
    const auto groups = index.data(MemoryTreeModel::SlotsRole).toList();
    for (qsizetype i = 0; i + 2 < groups.size(); i += 3) {
        const auto from = groups[i].toDouble() / total;
        const auto share = groups[i + 2].toDouble();
        const QRectF group(area.left() + from * area.width(), area.top(),
                           std::max(1.0, groups[i + 1].toDouble() / total * area.width()), area.height());
        painter.fillRect(group, m_theme.color(Shade::Hairline));
        const auto height = std::max(1.0, share * area.height()); // by height too, never by colour alone
        painter.fillRect(QRectF(group.left(), group.bottom() - height, group.width(), height),
                         m_theme.sequential(share));
        if (m_pointed && m_pointed->slot >= groups[i].toLongLong()
            && m_pointed->slot < groups[i].toLongLong() + groups[i + 1].toLongLong()
            && m_pointed->span == index.data(MemoryTreeModel::SpanRole).toLongLong()
            && m_pointed->memory == index.data(MemoryTreeModel::IdRole).toString().toStdString()) {
            painter.setPen(QPen(m_theme.color(Shade::Accent), 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(group.adjusted(-1, -2, 1, 2));
        }
    }
}

void LibraryDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (selected || option.state.testFlag(QStyle::State_MouseOver)) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(m_theme.color(selected ? Shade::Selection : Shade::Hover));
        painter->drawRoundedRect(QRectF(option.rect).adjusted(2, 1, -2, -1), 6, 6);
    }
    auto area = option.rect.adjusted(Theme::grid(), Theme::grid(0.75), -Theme::grid(), 0);
    const auto check = index.data(Qt::CheckStateRole);
    if (check.isValid()) {
        paintBox(*painter, boxOf(option.rect), check.toInt() == Qt::Checked);
        area.setLeft(boxOf(option.rect).right() + Theme::grid());
    }
    const bool broken = check.isValid() && !index.data(MemoryTreeModel::ProblemRole).toString().isEmpty();
    if (broken) {
        m_theme.icon(u"warning"_s, Shade::Warning)
            .paint(painter, QRect(area.right() - boxSide, area.top(), boxSide, boxSide));
        area.setRight(area.right() - boxSide - Theme::grid(0.5));
    }
    const auto line = [&](TypeRole role, Shade shade, const QString& text, Qt::TextElideMode elide) {
        const auto font = m_theme.font(role);
        const QFontMetrics metrics(font);
        painter->setFont(font);
        painter->setPen(m_theme.color(selected ? Shade::SelectionText : shade));
        painter->drawText(QRect(area.left(), area.top(), area.width(), metrics.height()), Qt::AlignLeft,
                          metrics.elidedText(text, elide, area.width()));
        area.setTop(area.top() + metrics.height());
    };
    line(TypeRole::Body, broken ? Shade::DisabledText : Shade::Text, index.data().toString(),
         check.isValid() ? Qt::ElideMiddle : Qt::ElideRight);
    line(TypeRole::Caption, Shade::SecondaryText, index.data(m_lineRole).toString(), Qt::ElideRight);
    if (m_lit && check.isValid() && index.parent().isValid())
        paintSlots(*painter, stripOf(option.rect), index);
    painter->restore();
}

bool LibraryDelegate::editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                                  const QModelIndex& index)
{
    const auto check = index.data(Qt::CheckStateRole);
    if (!check.isValid())
        return false;
    const auto toggle = [&] {
        return model->setData(index, check.toInt() == Qt::Checked ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
    };
    if (event->type() == QEvent::MouseButtonRelease) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        return mouse->button() == Qt::LeftButton && boxOf(option.rect).adjusted(-6, -6, 6, 6).contains(mouse->pos())
            && toggle();
    }
    return event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space && toggle();
}

} // namespace icae

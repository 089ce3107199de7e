#include "widgets/common/run_delegate.h"

#include "models/run_list_model.h"

#include <QPainter>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int iconSide = 16;
constexpr int barHeight = 3;

struct Mark {
    QString icon;
    Shade shade;
};

Mark markOf(RunState state)
{
    switch (state) {
    case RunState::Preparing:
    case RunState::Waiting:
    case RunState::Running:
        return {u"play"_s, Shade::Accent};
    case RunState::Stopped:
        return {u"stop"_s, Shade::SecondaryText};
    case RunState::Finished:
        return {u"check"_s, Shade::Success};
    case RunState::Failed:
    case RunState::Died:
    case RunState::Damaged:
        return {u"error"_s, Shade::Error};
    }
    return {u"error"_s, Shade::Error};
}

} // namespace

RunDelegate::RunDelegate(const Theme& theme, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
{
}

QSize RunDelegate::sizeHint(const QStyleOptionViewItem& /*option*/, const QModelIndex& /*index*/) const
{
    return {Theme::grid(16),
            QFontMetrics(m_theme.font(TypeRole::Body)).height() + QFontMetrics(m_theme.font(TypeRole::Caption)).height()
                + Theme::grid(2)};
}

void RunDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const auto state = static_cast<RunState>(index.data(RunListModel::StateRole).toInt());
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    if (selected || option.state.testFlag(QStyle::State_MouseOver)) {
        painter->setBrush(m_theme.color(selected ? Shade::Selection : Shade::Hover));
        painter->drawRoundedRect(QRectF(option.rect).adjusted(2, 1, -2, -1), 6, 6);
    }
    auto area = option.rect.adjusted(Theme::grid(), Theme::grid(0.5), -Theme::grid(), -Theme::grid(0.5));
    const auto mark = markOf(state);
    m_theme.icon(mark.icon, selected ? Shade::SelectionText : mark.shade)
        .paint(painter, QRect(area.left(), area.top() + 2, iconSide, iconSide));
    area.setLeft(area.left() + iconSide + Theme::grid());
    const auto line = [&](TypeRole role, Shade shade, const QString& text, Qt::TextElideMode elide) {
        const auto font = m_theme.font(role);
        const QFontMetrics metrics(font);
        painter->setFont(font);
        painter->setPen(m_theme.color(selected ? Shade::SelectionText : shade));
        painter->drawText(QRect(area.left(), area.top(), area.width(), metrics.height()), Qt::AlignLeft,
                          metrics.elidedText(text, elide, area.width()));
        area.setTop(area.top() + metrics.height());
    };
    line(TypeRole::Body, Shade::Text, index.data().toString(), Qt::ElideMiddle);
    line(TypeRole::Caption, Shade::SecondaryText, index.data(RunListModel::LineRole).toString(), Qt::ElideRight);
    if (isAlive(state)) {
        const QRectF bar(area.left(), area.top() + 2, area.width(), barHeight);
        painter->setPen(Qt::NoPen);
        painter->setBrush(m_theme.color(Shade::Hairline));
        painter->drawRoundedRect(bar, 1, 1);
        painter->setBrush(m_theme.color(selected ? Shade::SelectionText : Shade::Accent));
        const auto share = index.data(RunListModel::ProgressRole).toDouble();
        painter->drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * share, barHeight), 1, 1);
    }
    painter->restore();
}

} // namespace icae

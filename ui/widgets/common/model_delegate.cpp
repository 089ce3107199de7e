#include "widgets/common/model_delegate.h"

#include "models/model_tree_model.h"

#include <QPainter>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int iconSide = 18;

} // namespace

ModelDelegate::ModelDelegate(const Theme& theme, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
{
}

QSize ModelDelegate::sizeHint(const QStyleOptionViewItem& /*option*/, const QModelIndex& /*index*/) const
{
    return {Theme::grid(24),
            QFontMetrics(m_theme.font(TypeRole::Body)).height() + QFontMetrics(m_theme.font(TypeRole::Caption)).height()
                + Theme::grid(2)};
}

void ModelDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const bool usable = index.data(ModelTreeModel::ReasonRole).toString().isEmpty();
    const bool adapter = index.data(ModelTreeModel::AdapterRole).toInt() >= 0;
    const bool loaded = index.data(ModelTreeModel::LoadedRole).toBool();
    const auto background = selected                     ? Shade::Selection
        : option.state.testFlag(QStyle::State_MouseOver) ? Shade::Hover
                                                         : Shade::Surface;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->fillRect(option.rect, m_theme.color(Shade::Surface));
    if (background != Shade::Surface) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(m_theme.color(background));
        painter->drawRoundedRect(QRectF(option.rect).adjusted(2, 1, -Theme::grid(), -1), 6, 6);
    }
    const auto shade = selected ? Shade::SelectionText : usable ? Shade::Text : Shade::DisabledText;
    auto area = option.rect.adjusted(Theme::grid(), Theme::grid(), -Theme::grid(2), -Theme::grid());
    m_theme.icon(adapter ? u"adapter"_s : u"models"_s, loaded ? Shade::Accent : shade)
        .paint(painter, QRect(area.left(), area.top(), iconSide, iconSide));
    area.setLeft(area.left() + iconSide + Theme::grid());
    if (loaded) {
        m_theme.icon(u"check"_s, Shade::Accent)
            .paint(painter, QRect(area.right() - iconSide, area.center().y() - iconSide / 2, iconSide, iconSide));
        area.setRight(area.right() - iconSide - Theme::grid());
    }
    auto font = m_theme.font(TypeRole::Body);
    font.setWeight(loaded ? QFont::DemiBold : QFont::Normal);
    const QFontMetrics metrics(font);
    painter->setFont(font);
    painter->setPen(m_theme.color(shade));
    painter->drawText(QRect(area.left(), area.top(), area.width(), metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                      metrics.elidedText(index.data().toString(), Qt::ElideMiddle, area.width()));
    const auto caption = m_theme.font(TypeRole::Caption);
    painter->setFont(caption);
    painter->setPen(m_theme.color(selected ? Shade::SelectionText : Shade::SecondaryText));
    painter->drawText(QRect(area.left(), area.top() + metrics.height(), area.width(), area.height() - metrics.height()),
                      Qt::AlignLeft | Qt::AlignTop,
                      QFontMetrics(caption).elidedText(index.data(ModelTreeModel::SummaryRole).toString(),
                                                       Qt::ElideRight, area.width()));
    painter->restore();
}

} // namespace icae

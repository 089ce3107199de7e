#include "widgets/common/folding_row.h"

#include <QEvent>
#include <QHBoxLayout>

#include <algorithm>

namespace icae {

FoldingRow::FoldingRow(QWidget* parent)
    : QWidget(parent)
    , m_halves(new QBoxLayout(QBoxLayout::LeftToRight, this))
    , m_first(new QHBoxLayout)
    , m_second(new QHBoxLayout)
{
    m_halves->addLayout(m_first);
    m_halves->addLayout(m_second, 1);
}

void FoldingRow::setSpacing(int between)
{
    m_between = between;
    for (auto* layout : std::initializer_list<QBoxLayout*>{m_halves, m_first, m_second})
        layout->setSpacing(between);
}

QSize FoldingRow::minimumSizeHint() const
{
    const auto margins = m_halves->contentsMargins();
    return {std::max(m_first->minimumSize().width(), m_second->minimumSize().width()) + margins.left()
                + margins.right(),
            m_halves->minimumSize().height()};
}

bool FoldingRow::event(QEvent* event)
{
    if (event->type() == QEvent::Resize || event->type() == QEvent::LayoutRequest)
        arrange();
    return QWidget::event(event);
}

void FoldingRow::arrange()
{
    const auto margins = m_halves->contentsMargins();
    const int needed =
        m_first->minimumSize().width() + m_between + m_second->minimumSize().width() + margins.left() + margins.right();
    const auto direction = needed <= width() ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom;
    if (direction == m_halves->direction())
        return;
    m_halves->setDirection(direction);
    const bool folded = direction == QBoxLayout::TopToBottom;
    m_halves->setSpacing(folded ? m_between / 3 : m_between);
    if (folded)
        m_first->addStretch(1); // what it holds stays together
    else
        delete m_first->takeAt(m_first->count() - 1);
    updateGeometry(); // the height has changed
}

} // namespace icae

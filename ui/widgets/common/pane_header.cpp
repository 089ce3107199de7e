#include "widgets/common/pane_header.h"

namespace icae {

PaneHeader::PaneHeader(QWidget* parent)
    : QFrame(parent)
    , m_row(new QHBoxLayout(this))
{
    setObjectName(QStringLiteral("paneHeader"));
    setFixedHeight(Theme::grid(5.5));
    m_row->setContentsMargins(Theme::grid(2), 0, Theme::grid(), 0);
    m_row->setSpacing(Theme::grid(0.5));
}

} // namespace icae

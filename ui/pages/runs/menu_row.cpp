#include "pages/runs/menu_row.h"

#include "session/theme.h"

#include <QAction>
#include <QHBoxLayout>
#include <QMenu>
#include <QToolButton>

namespace icae {

MenuRow::MenuRow(QWidget* parent)
    : QWidget(parent)
    , m_row(new QHBoxLayout(this))
{
    m_row->setContentsMargins(Theme::grid(), 0, Theme::grid(), 0);
    m_row->setSpacing(Theme::grid(0.5));
    setFixedHeight(Theme::grid(5));
}

QToolButton* MenuRow::addButton(const QString& text, const QString& hint, QMenu* menu, const QKeySequence& keys)
{
    auto* made = new QToolButton;
    made->setText(text);
    made->setAccessibleName(hint);
    made->setToolTip(QStringLiteral("%1 (%2)").arg(hint, keys.toString(QKeySequence::NativeText)));
    made->setMenu(menu);
    made->setPopupMode(QToolButton::InstantPopup);
    auto* open = new QAction(hint, this);
    open->setShortcut(keys);
    open->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(open, &QAction::triggered, made, &QToolButton::showMenu);
    m_actions.push_back(open);
    m_row->addWidget(made);
    return made;
}

} // namespace icae

#include "widgets/common/check_menu.h"

#include <QKeyEvent>
#include <QMouseEvent>

namespace icae {

bool CheckMenu::tick(QAction* action)
{
    if (action == nullptr || !action->isCheckable() || !action->isEnabled())
        return false;
    action->trigger();
    return true;
}

void CheckMenu::mouseReleaseEvent(QMouseEvent* event)
{
    if (!tick(actionAt(event->pos())))
        QMenu::mouseReleaseEvent(event);
}

void CheckMenu::keyPressEvent(QKeyEvent* event)
{
    const bool chosen =
        event->key() == Qt::Key_Space || event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (!chosen || !tick(activeAction()))
        QMenu::keyPressEvent(event);
}

} // namespace icae

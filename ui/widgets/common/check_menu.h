#pragma once

#include <QMenu>

namespace icae {

/// A menu of things to tick that stays open while ticking; Esc or a click beside it closes it.
class CheckMenu : public QMenu {
    Q_OBJECT

public:
    using QMenu::QMenu;

protected:
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    /// @return false where the action is none to tick
    static bool tick(QAction* action);
};

} // namespace icae

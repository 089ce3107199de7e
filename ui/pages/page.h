#pragma once

#include "widgets/find_target.h"

#include <QAction>
#include <QList>
#include <QWidget>

#include <utility>

namespace icae {

/// A page of the window, as the window sees it.
class Page : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    virtual QString title() const = 0;
    /// Actions with shortcuts, for the shortcut sheet.
    virtual QList<QAction*> shortcutActions() const = 0;
    /// What Ctrl+F searches now, and the widget that shows it; null where there is nothing.
    virtual std::pair<FindTarget*, QWidget*> findTarget() = 0;
};

} // namespace icae

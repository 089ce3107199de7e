#pragma once

#include "widgets/common/find_target.h"

#include <QAction>
#include <QList>
#include <QWidget>

#include <utility>
#include <vector>

namespace icae {

/// A line of the shortcut sheet: an action with its shortcuts, or keys that a view handles itself.
struct ShortcutEntry {
    ShortcutEntry(QAction* of) // NOLINT(google-explicit-constructor): lists of actions are lists of entries
        : keys(of->shortcut().toString(QKeySequence::NativeText))
        , text(of->text().replace(QStringLiteral("&&"), QStringLiteral("\x1")).remove(u'&').replace(u'\x1', u'&'))
    {
        if (text.endsWith(u'…'))
            text.chop(1);
    }
    ShortcutEntry(QString theKeys, QString theText)
        : keys(std::move(theKeys))
        , text(std::move(theText))
    {
    }

    QString keys;
    QString text;
};

/// Ctrl+Enter, on either key. Enter first: the sheet of shortcuts names it as everybody does.
inline QList<QKeySequence> mainActionKeys()
{
    return {QKeySequence(Qt::CTRL | Qt::Key_Enter), QKeySequence(Qt::CTRL | Qt::Key_Return)};
}

/// Shortcuts that belong together.
struct ShortcutGroup {
    QString name;
    QList<ShortcutEntry> entries;
};

/// A page of the window, as the window sees it.
class Page : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    virtual QString title() const = 0;
    /// For the shortcut sheet.
    virtual std::vector<ShortcutGroup> shortcuts() const = 0;
    /// What Ctrl+F searches now, and the widget that shows it; null where there is nothing.
    virtual std::pair<FindTarget*, QWidget*> findTarget() = 0;
};

} // namespace icae

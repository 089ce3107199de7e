#pragma once

#include "models/recorded_reconstruction.h"
#include "protocol/error.h"
#include "session/activities.h"
#include "session/engine_client.h"
#include "session/model_catalog.h"
#include "session/settings.h"
#include "session/theme.h"
#include "widgets/common/find_target.h"

#include <QAction>
#include <QList>
#include <QWidget>

#include <functional>
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

/// What pages share; outlives them.
struct PageContext {
    Theme& theme;
    EngineClient& client;
    Settings& settings;
    ModelCatalog& catalog;
    Activities& activities;
};

/// A page of the window, as the window sees it. Requests whose context is the page, or a child of it, are its own: Esc
/// stops them while the page is in front, and what goes wrong with them is shown here.
class Page : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    virtual QString id() const = 0; ///< for settings; the same in every language
    virtual QString title() const = 0;
    virtual QString icon() const = 0; ///< a name that Theme::icon() knows
    /// For the shortcut sheet.
    virtual std::vector<ShortcutGroup> shortcuts() const = 0;
    /// What Ctrl+F searches now, and the widget that shows it; null where there is nothing.
    virtual std::pair<FindTarget*, QWidget*> findTarget() = 0;
    virtual void showError(const Error& error) = 0;
    /// Shows a reconstruction that another page has on record. @return false where this page shows none
    virtual bool showRecorded(const RecordedReconstruction& /*recorded*/) { return false; }
    /// Comes to the front to measure this, e.g. checkpoints. @return false where this page makes no studies
    virtual bool showSpec(const StudySpec& /*spec*/) { return false; }
    /// Comes to the front to use the model that is being loaded. @return false where this page uses none
    virtual bool useModel() { return false; }
    virtual void stop() { } ///< forgets what it was about to do; its requests are cancelled besides

Q_SIGNALS:
    void reported(const QString& sentence); ///< what some work came to, for the status line
    void recordedRequested(const icae::RecordedReconstruction& recorded); ///< for the page that shows such
    void studyRequested(const icae::StudySpec& spec); ///< for the page that makes studies
    void tryRequested(); ///< the model that is being loaded, on the page that uses it first
    void backRequested(); ///< to the page that asked for what is shown
};

using PageFactory = std::function<Page*(const PageContext&)>;

} // namespace icae

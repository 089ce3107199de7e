#pragma once

#include "session/engine_client.h"
#include "session/settings.h"
#include "session/theme.h"

#include <QList>
#include <QMenu>

namespace icae {

/// What can be set: colours, size and family of texts, and the engine. Its actions have shortcuts that work in the
/// whole window.
class SettingsMenu : public QMenu {
    Q_OBJECT

public:
    SettingsMenu(Theme& theme, EngineClient& client, Settings& settings, QWidget* window);

    QAction* darkAction() const { return m_dark; }
    /// All, for the window and the shortcut sheet.
    const QList<QAction*>& all() const { return m_all; }
    /// Makes texts larger or smaller. @param steps points
    void zoom(int steps);

private:
    QAction* make(const QString& text, const QList<QKeySequence>& keys);
    void addColours();
    void addTexts();
    void addEngine();
    void askForCommand();
    void apply();

    Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    QList<QAction*> m_all; // before what make() makes
    QAction* m_dark;
    QAction* m_monospace;
};

} // namespace icae

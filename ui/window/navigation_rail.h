#pragma once

#include "session/theme.h"

#include <QWidget>

class QAction;
class QActionGroup;
class QToolButton;
class QVBoxLayout;

namespace icae {

/// The pages at the left edge, icon above label, and the settings menu below.
class NavigationRail : public QWidget {
    Q_OBJECT

public:
    explicit NavigationRail(const Theme& theme, QWidget* parent = nullptr);

    /// @return the action that shows the page; its shortcut is Ctrl+NUMBER
    QAction* addPage(const QString& id, const QString& icon, const QString& name);
    QToolButton& settingsButton() { return *m_settings; }
    void setCurrent(const QString& id);

Q_SIGNALS:
    void pageRequested(const QString& id);

private:
    QToolButton* makeButton();

    const Theme& m_theme;
    QVBoxLayout* m_pages;
    QActionGroup* m_group;
    QToolButton* m_settings;
};

} // namespace icae

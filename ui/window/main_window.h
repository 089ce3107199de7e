#pragma once

#include "pages/page.h"
#include "session/activities.h"
#include "session/engine_client.h"
#include "session/model_catalog.h"
#include "session/settings.h"
#include "session/theme.h"

#include <QMainWindow>
#include <QPointer>
#include <QTimer>

#include <map>
#include <vector>

class QLabel;
class QStackedWidget;
class QVBoxLayout;

namespace icae {

class FindBar;
class LogPanel;
class NavigationRail;
class SettingsMenu;
class StatusLine;

/// Rail, top bar with model and device, the pages, and the status line.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// @param standardModels folders of models that are always there; the first is started with where none was chosen
    /// before
    /// @param pages at least one
    MainWindow(Theme& theme, EngineClient& client, Settings& settings, const QStringList& standardModels,
               const std::vector<PageFactory>& pages, QWidget* parent = nullptr);

    /// What a window without a remembered size takes of a screen.
    static QSize firstSize(QSize available);

    const QList<Page*>& pages() const { return m_pages; }
    Page& page() const; ///< in front
    void showPage(const QString& id); ///< nothing happens where there is no such page
    Activities& activities() { return m_activities; }
    StatusLine& statusLine() { return *m_status; }
    LogPanel& logPanel() { return *m_log; }

protected:
    bool event(QEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    QWidget* makeTopBar();
    void addPage(Page* page);
    void makeActions();
    void connectEngine();
    /// Into the log, and onto the page whose it is; nobody's onto the one in front.
    void complain(const Error& why, QObject* whose);
    void find();
    void showShortcuts();

    Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    ModelCatalog m_catalog;
    Activities m_activities;
    QTimer m_takeKeyboard; ///< once a dialog is gone
    NavigationRail* m_rail;
    QLabel* m_title;
    QStackedWidget* m_stack;
    SettingsMenu* m_settingsMenu;
    FindBar* m_find;
    LogPanel* m_log;
    StatusLine* m_status;
    QList<Page*> m_pages;
    QString m_backTo; ///< id of the page that a recorded reconstruction came from
    std::map<const Page*, QPointer<QWidget>> m_lastFocus;
    QAction* m_findAction;
    QAction* m_shortcuts;
    QAction* m_findNext;
    QAction* m_findPrevious;
    QAction* m_pickModel;
    QAction* m_pickDevice;
    QAction* m_openSettings;
    QAction* m_quit;
    QList<QAction*> m_pageActions;
};

} // namespace icae

#pragma once

#include "session/engine_client.h"
#include "session/model_catalog.h"
#include "session/settings.h"
#include "session/theme.h"

#include <QMainWindow>
#include <QPointer>
#include <QTimer>

#include <array>

class QLabel;
class QStackedWidget;
class QVBoxLayout;

namespace icae {

class CompressPage;
class FindBar;
class LogPanel;
class ModelsPage;
class NavigationRail;
class Page;
class SettingsMenu;
class StatusLine;

/// Rail, top bar with model and device, the pages, and the status line.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// @param standardModel folder of the model to start with where none was chosen before; may be empty
    MainWindow(Theme& theme, EngineClient& client, Settings& settings, const QString& standardModel,
               QWidget* parent = nullptr);

    CompressPage& compressPage() { return *m_compress; }
    ModelsPage& modelsPage() { return *m_models; }
    StatusLine& statusLine() { return *m_status; }
    LogPanel& logPanel() { return *m_log; }
    void showPage(int page);

protected:
    bool event(QEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    QWidget* makeTopBar();
    void addPage(Page* page, const QString& icon);
    void makeActions();
    void connectEngine();
    void find();
    void showShortcuts();

    Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    ModelCatalog m_catalog;
    QTimer m_takeKeyboard; ///< once a dialog is gone
    NavigationRail* m_rail;
    QLabel* m_title;
    QStackedWidget* m_stack;
    SettingsMenu* m_settingsMenu;
    FindBar* m_find;
    LogPanel* m_log;
    StatusLine* m_status;
    CompressPage* m_compress;
    ModelsPage* m_models;
    QList<Page*> m_pages;
    std::array<QPointer<QWidget>, 2> m_lastFocus; ///< by page
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

#pragma once

#include "models/curve_document.h"
#include "pages/page.h"
#include "pages/train/train_controls.h"
#include "pages/train/train_runs.h"

#include <QFutureWatcher>

#include <map>

class QAction;
class QLabel;
class QPlainTextEdit;
class QStackedWidget;
class QTabWidget;
class QTreeWidget;

namespace icae {

class CurveChart;
class EmptyState;
class JobForm;
class NoticeBar;
class RunListPane;
class RunQueueOrder;
class RunSamples;

/// Training jobs: launched in the background, watched as they go, and handed to the other pages.
class TrainPage : public Page {
    Q_OBJECT

public:
    explicit TrainPage(const PageContext& context, QWidget* parent = nullptr);
    ~TrainPage() override;

    QString id() const override { return QStringLiteral("train"); }
    QString title() const override { return tr("Train"); }
    QString icon() const override { return QStringLiteral("train"); }
    std::vector<ShortcutGroup> shortcuts() const override;
    std::pair<FindTarget*, QWidget*> findTarget() override { return {nullptr, nullptr}; }
    void showError(const Error& error) override;

    TrainRuns& runs() { return m_runs; }
    QString current() const; ///< folder of the run shown; empty: none

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    QWidget* makeRun();
    QWidget* makeCheckpoints();
    void makeActions();
    void connectViews();

    void showCurrent(); ///< another run than before
    void showRun(); ///< or what stands where there is none
    void updateShown(); ///< which runs are read
    void showStatus();
    void showDocument();
    void showConfig();
    void showCheckpoints();
    void rebuildCurves();
    void takeCurves();
    void openForm();
    void clone();
    void start(const QString& job, const QString& name, bool queued);
    void extend();
    void resumeWith(); ///< other data than it began with, …
    const RunCheckpoint* checkpoint() const; ///< the one that is chosen, else the last with an adapter
    void tryIt();
    void studyIt();
    void publish();
    void addFolder();
    /// Of the actions, in the order of menus and of the sheet of shortcuts.
    QList<QAction*> runActions() const;
    void exportAs(TrainControls::Export what);
    void announceEnds(); ///< runs that ended or failed since the last time

    PageContext m_context;
    const Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    ModelCatalog& m_catalog;
    TrainRuns m_runs;
    NoticeBar* m_notice;
    NoticeBar* m_trouble; ///< of the run that is shown
    RunListPane* m_list;
    RunQueueOrder* m_queue;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    JobForm* m_form;
    QWidget* m_run = nullptr;
    QLabel* m_state;
    TrainControls* m_controls;
    CurveChart* m_chart;
    QTabWidget* m_tabs;
    RunSamples* m_samples;
    QTreeWidget* m_checkpoints;
    QTreeWidget* m_differences;
    QPlainTextEdit* m_config;
    QPlainTextEdit* m_log;
    QAction* m_new;
    QAction* m_clone;
    QAction* m_extend;
    QAction* m_resumeWith;
    QAction* m_try;
    QAction* m_study;
    QAction* m_publish;
    QAction* m_addFolder;
    QFutureWatcher<CurveDocumentPtr> m_drawing;
    bool m_drawAgain = false;
    std::map<std::string, RunState> m_states; ///< as they were last listed
};

} // namespace icae

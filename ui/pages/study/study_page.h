#pragma once

#include "models/study_table_model.h"
#include "pages/page.h"
#include "pages/study/study_controls.h"
#include "pages/study/study_runs.h"

#include <QFutureWatcher>

class QAction;
class QLabel;
class QListView;
class QSortFilterProxyModel;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace icae {

class EmptyState;
class FindTree;
class NoticeBar;
class StudyDetails;
class StudyFigure;
class StudyForm;

/// How much survives, by length, by slots, by kind of text, by model, and at what cost: studies as runs, and their
/// figures, live.
class StudyPage : public Page {
    Q_OBJECT

public:
    explicit StudyPage(const PageContext& context, QWidget* parent = nullptr);
    ~StudyPage() override;

    QString id() const override { return QStringLiteral("study"); }
    QString title() const override { return tr("Study"); }
    QString icon() const override { return QStringLiteral("study"); }
    std::vector<ShortcutGroup> shortcuts() const override;
    std::pair<FindTarget*, QWidget*> findTarget() override;
    void showError(const Error& error) override;

    StudyRuns& runs() { return m_runs; }
    QString current() const { return m_current; } ///< folder of the study shown; empty: none

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    QWidget* makeList();
    QWidget* makeStudy();
    QWidget* makeTable();
    void makeActions();
    void connectViews();

    void onListed();
    void select(const QString& run);
    void updateShown(); ///< which studies are read
    void showStatus();
    void rebuildFigure();
    void takeFigure();
    void showCell(int cell);
    void openSample(const FigureSample& sample);
    void openForm(const StudySpec& spec);
    void start(const StudySpec& spec, const QString& name);
    void rename();
    void remove();
    void undo();
    /// Asks for one of the current study's requests, and lists anew.
    void ask(const protocol::Method<RunParams, RunInfo>& method);
    void exportAs(StudyControls::Export what);
    void saveAs(const QString& title, const QString& suffix, const std::function<void(const QString&)>& write);
    const RunInfo* info() const;

    const Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    StudyRuns m_runs;
    NoticeBar* m_notice;
    QListView* m_list;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    StudyForm* m_form;
    QWidget* m_study;
    QLabel* m_state;
    StudyControls* m_controls;
    StudyFigure* m_figure;
    QLabel* m_caption;
    FindTree* m_table;
    StudyTableModel m_tableModel;
    QSortFilterProxyModel* m_sorted;
    StudyDetails* m_details;
    QToolButton* m_undoButton;
    QAction* m_new;
    QAction* m_start; ///< resumes what has stopped
    QAction* m_stop;
    QAction* m_duplicate;
    QAction* m_rename;
    QAction* m_delete;
    QAction* m_undo;
    QString m_current;
    QString m_wanted; ///< to be selected once it is listed
    std::optional<DeletedRun> m_deleted;
    QFutureWatcher<FigureDocumentPtr> m_drawing;
    bool m_drawAgain = false;
};

} // namespace icae

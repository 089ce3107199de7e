#pragma once

#include "models/study_table_model.h"
#include "pages/page.h"
#include "pages/study/study_controls.h"
#include "pages/study/study_runs.h"

#include <QFutureWatcher>

class QAction;
class QLabel;
class QSortFilterProxyModel;
class QSplitter;
class QStackedWidget;

namespace icae {

class EmptyState;
class FindTree;
class NoticeBar;
class RunListPane;
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
    bool showSpec(const StudySpec& spec) override;

    StudyRuns& runs() { return m_runs; }
    QString current() const; ///< folder of the study shown; empty: none

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    QWidget* makeStudy();
    QWidget* makeTable();
    void makeActions();
    void connectViews();

    void showCurrent(); ///< another study than before
    void showStudy(); ///< or what stands where there is none
    void updateShown(); ///< which studies are read
    void showStatus();
    void showProblems(); ///< of folders that could not be read as runs
    void rebuildFigure();
    void takeFigure();
    void showCell(int cell);
    void openSample(const FigureSample& sample);
    void openForm(const StudySpec& spec);
    void start(const StudySpec& spec, const QString& name);
    void exportAs(StudyControls::Export what);

    const Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    QStringList m_problems; ///< that were told of
    StudyRuns m_runs;
    NoticeBar* m_notice;
    NoticeBar* m_trouble; ///< of the study that is shown
    RunListPane* m_list;
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
    QAction* m_new;
    QAction* m_duplicate;
    QFutureWatcher<FigureDocumentPtr> m_drawing;
    bool m_drawAgain = false;
};

} // namespace icae

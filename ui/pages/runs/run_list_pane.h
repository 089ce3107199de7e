#pragma once

#include "pages/runs/run_feed.h"
#include "session/theme.h"

#include <QWidget>

#include <optional>

class QAction;
class QLabel;
class QListView;
class QToolButton;

namespace icae {

class NoticeBar;

/// The runs of a kind at the left of a page, and what can be done with each of them: resume, stop, rename, delete and
/// undo. What goes wrong with that belongs to the page, whose child this is.
class RunListPane : public QWidget {
    Q_OBJECT

public:
    struct Words {
        QString title; ///< "Studies"
        QString rename; ///< "Rename the study"
        QString objectName;
    };

    RunListPane(const Theme& theme, EngineClient& client, RunFeed& feed, const Words& words, QWidget* parent = nullptr);

    QString current() const { return m_current; } ///< folder of the run that is selected; empty: none
    const RunInfo* info() const; ///< of that run
    /// Selects a run as soon as it is listed.
    void select(const QString& run);
    /// What begins something new; in the header and first in the shortcuts.
    void setCreateAction(QAction* create);
    /// Further actions of the list's menu, before Rename.
    void addRunActions(const QList<QAction*>& actions);
    /// Sets a label to what there is to say of the current run, red where it failed, and a notice to what went wrong
    /// with it, with what helps. A notice that was closed stays closed until there is another.
    void describe(QLabel& label, NoticeBar& notice);
    void updateActions();

    /// Goes on with a run, as is said; what goes wrong is resumeFailed()'s.
    void resume(const ResumeRunParams& params);

    QAction* resumeAction() const { return m_resume; }
    QAction* stopAction() const { return m_stop; }
    QAction* renameAction() const { return m_rename; }
    QAction* deleteAction() const { return m_delete; }
    QAction* undoAction() const { return m_undo; }
    QListView& view() { return *m_list; }

Q_SIGNALS:
    void currentChanged(const QString& run); ///< another run, or none
    void updated(); ///< runs were listed anew
    void done(); ///< a request was answered well
    void resumeFailed(const icae::Error& why);
    void changing(); ///< the current run was told to stop or to resume
    void reported(const QString& sentence);

private:
    void makeActions();
    void onListed();
    void setCurrent(const QString& run);
    void stop();
    void onChanged(); ///< the run that was told to do something
    void tellTrouble(NoticeBar& notice, const RunInfo* run);
    void rename();
    void remove();
    void undo();

    const Theme& m_theme;
    EngineClient& m_client;
    RunFeed& m_feed;
    Words m_words;
    QListView* m_list;
    QWidget* m_header;
    QToolButton* m_undoButton;
    QAction* m_resume;
    QAction* m_stop;
    QAction* m_rename;
    QAction* m_delete;
    QAction* m_undo;
    QString m_current;
    QString m_wanted; ///< to be selected once it is listed
    std::optional<DeletedRun> m_deleted;
    QString m_told; ///< what the notice says of the current run, closed or not
};

} // namespace icae

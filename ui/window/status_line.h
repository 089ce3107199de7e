#pragma once

#include "session/activities.h"
#include "session/engine_client.h"
#include "session/theme.h"

#include <QPointer>
#include <QWidget>

class QAction;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace icae {

class ElidedLabel;
class Page;

/// What is being done, how fast, how long yet, and the button that stops it. The only place for progress. What the page
/// in front does comes first; another page's work is told with its name, and is stopped there.
class StatusLine : public QWidget {
    Q_OBJECT

public:
    StatusLine(const Theme& theme, EngineClient& client, Activities& activities, QWidget* parent = nullptr);

    QAction* stopAction() const { return m_stop; }
    QAction* logAction() const { return m_log; }
    /// Something went wrong or deserves a look: the log button says so until the log is opened.
    void setAttention(bool attention);
    /// A line that stays until something else runs, e.g. "Reconstructed 465 tokens in 3.2 s".
    void report(const QString& text);
    void setInFront(const Page* page);
    QString text() const;

private:
    void showActivity(const Activity& activity);
    void showState();

    const Theme& m_theme;
    EngineClient& m_client;
    Activities& m_activities;
    QPointer<const Page> m_inFront;
    QProgressBar* m_bar;
    ElidedLabel* m_text;
    QPushButton* m_stopButton;
    QAction* m_stop;
    QAction* m_log;
    QString m_report;
};

} // namespace icae

#pragma once

#include "session/engine_client.h"
#include "session/theme.h"

#include <QHash>
#include <QSet>
#include <QWidget>

class QAction;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace icae {

class ElidedLabel;

/// What the engine is doing, how fast, how long yet, and the button that stops it. The only place for progress.
class StatusLine : public QWidget {
    Q_OBJECT

public:
    StatusLine(const Theme& theme, EngineClient& client, QWidget* parent = nullptr);

    QAction* stopAction() const { return m_stop; }
    QAction* logAction() const { return m_log; }
    /// Something went wrong or deserves a look: the log button says so until the log is opened.
    void setAttention(bool attention);
    /// A line that stays until something else runs, e.g. "Reconstructed 465 tokens in 3.2 s".
    void report(const QString& text);
    /// Something waits for a request that is not worth a line of its own, and can be stopped; empty: nothing.
    void setWaiting(const QString& text);
    QString text() const;

private:
    void showProgress(const ProgressNote& note);
    void end(qint64 id, const QString& method);
    void showState();

    const Theme& m_theme;
    EngineClient& m_client;
    QProgressBar* m_bar;
    ElidedLabel* m_text;
    QPushButton* m_stopButton;
    QAction* m_stop;
    QAction* m_log;
    QHash<qint64, QString> m_running; ///< long requests
    QSet<qint64> m_quiet; ///< requests that are spoken of where they report progress
    QString m_report;
    QString m_waiting;
};

} // namespace icae

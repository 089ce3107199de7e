#pragma once

#include "client/engine_client.h"
#include "theme/theme.h"

#include <QHash>
#include <QWidget>

class QAction;
class QLabel;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace icae {

/// What the engine is doing, how fast, how long yet, and the button that stops it. The only place for progress.
class StatusLine : public QWidget {
    Q_OBJECT

public:
    StatusLine(const Theme& theme, EngineClient& client, QWidget* parent = nullptr);

    QAction* stopAction() const { return m_stop; }
    QAction* logAction() const { return m_log; }
    /// Something went wrong or deserves a look: the log button says so until the log is opened.
    void setAttention(bool attention);
    /// A line that stays until the next one, e.g. "Reconstructed in 3.2 s".
    void setText(const QString& text);
    QString text() const;

private:
    void showProgress(const ProgressNote& note);
    void end(qint64 id, const QString& method);
    void showState();

    const Theme& m_theme;
    EngineClient& m_client;
    QProgressBar* m_bar;
    QLabel* m_text;
    QPushButton* m_stopButton;
    QAction* m_stop;
    QAction* m_log;
    QHash<qint64, QString> m_running; ///< long requests
};

} // namespace icae

#pragma once

#include "protocol/error.h"
#include "protocol/notifications.h"
#include "session/theme.h"

#include <QWidget>

class QAction;

namespace icae {

class FindText;

/// What happened, newest last; to read and to copy.
class LogPanel : public QWidget {
    Q_OBJECT

public:
    explicit LogPanel(const Theme& theme, QWidget* parent = nullptr);

    void add(const LogNote& note);
    void add(const Error& error);
    QString text() const;
    FindText& view() { return *m_lines; }
    QAction* copyAction() const { return m_copy; }

Q_SIGNALS:
    void closeRequested();

private:
    void append(LogLevel level, const QString& message, const QString& details);

    const Theme& m_theme;
    FindText* m_lines;
    QAction* m_copy;
};

} // namespace icae

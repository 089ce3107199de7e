#pragma once

#include "protocol/error.h"
#include "protocol/notifications.h"
#include "theme/theme.h"

#include <QWidget>

class QPlainTextEdit;

namespace icae {

/// What happened, newest last; to read and to copy.
class LogPanel : public QWidget {
    Q_OBJECT

public:
    explicit LogPanel(const Theme& theme, QWidget* parent = nullptr);

    void add(const LogNote& note);
    void add(const Error& error);
    QString text() const;

Q_SIGNALS:
    void closeRequested();

private:
    void append(LogLevel level, const QString& message, const QString& details);

    const Theme& m_theme;
    QPlainTextEdit* m_lines;
};

} // namespace icae

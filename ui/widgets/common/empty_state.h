#pragma once

#include "session/theme.h"

#include <QWidget>

class QBoxLayout;
class QLabel;

namespace icae {

/// What stands where nothing is yet: what belongs here and the first thing to do.
class EmptyState : public QWidget {
    Q_OBJECT

public:
    EmptyState(const Theme& theme, QString icon, const QString& title, const QString& text, QWidget* parent = nullptr);

    void setText(const QString& title, const QString& text);
    /// A button (or another widget) below the text.
    void addAction(QWidget* widget);

private:
    const Theme& m_theme;
    QString m_iconName;
    QLabel* m_icon;
    QLabel* m_title;
    QLabel* m_text;
    QBoxLayout* m_actions;
};

} // namespace icae

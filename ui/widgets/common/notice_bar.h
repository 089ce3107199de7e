#pragma once

#include "protocol/error.h"
#include "session/theme.h"

#include <QFrame>

class QAction;
class QLabel;
class QPushButton;
class QToolButton;

namespace icae {

/// One sentence on what happened and one on what to do, across the top of a page. Hidden where there is none.
class NoticeBar : public QFrame {
    Q_OBJECT

public:
    explicit NoticeBar(const Theme& theme, QWidget* parent = nullptr);

    void showError(const Error& error);
    void showWarning(const QString& message, const QString& remedy);
    /// Offers what helps beside what is shown, until something else is.
    void offer(QAction* action);
    void clear(); ///< hides warnings and errors
    void clearWarning(); ///< an error stays
    void clearError(); ///< a warning stays
    bool showsError() const { return m_isError; }
    QString message() const;

private:
    void show(const QString& message, const QString& remedy, const QString& details, bool isError);

    const Theme& m_theme;
    QLabel* m_icon;
    QLabel* m_text;
    QToolButton* m_offer;
    QPushButton* m_copy;
    QString m_details;
    QString m_message;
    bool m_isError = false;
};

} // namespace icae

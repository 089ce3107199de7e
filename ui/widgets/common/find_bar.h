#pragma once

#include "session/theme.h"
#include "widgets/common/find_target.h"

#include <QFrame>

class QLabel;
class QLineEdit;
class QToolButton;

namespace icae {

/// Searches a view, or several, and says in which it found something. Enter and Shift+Enter go on, Esc closes.
class FindBar : public QFrame {
    Q_OBJECT

public:
    explicit FindBar(const Theme& theme, QWidget* parent = nullptr);

    /// @param target lives at least until the bar closes or opens for another one
    void open(FindTarget* target, QWidget* view);
    void close();
    /// Goes on to the next match, or back. @param step 1 or −1
    void search(int step);
    bool isOpen() const { return m_target != nullptr; }

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QLineEdit* m_query;
    QToolButton* m_matchCase;
    QLabel* m_count;
    FindTarget* m_target = nullptr;
    QWidget* m_view = nullptr;
};

} // namespace icae

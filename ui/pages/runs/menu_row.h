#pragma once

#include <QKeySequence>
#include <QWidget>

#include <vector>

class QAction;
class QHBoxLayout;
class QMenu;
class QToolButton;

namespace icae {

/// A row of buttons that open menus, each with a shortcut.
class MenuRow : public QWidget {
    Q_OBJECT

public:
    explicit MenuRow(QWidget* parent = nullptr);

    const std::vector<QAction*>& actions() const { return m_actions; } ///< that open the menus

protected:
    QHBoxLayout& row() { return *m_row; }
    /// @param hint what the menu is for; its tooltip and accessible name
    QToolButton* addButton(const QString& text, const QString& hint, QMenu* menu, const QKeySequence& keys);

private:
    QHBoxLayout* m_row;
    std::vector<QAction*> m_actions;
};

} // namespace icae

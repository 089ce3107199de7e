#pragma once

#include "pages/page.h"
#include "session/theme.h"

#include <QDialog>

class QGridLayout;

namespace icae {

/// All shortcuts, grouped, in columns of about the same height; F1 opens it, Esc or F1 closes it.
class ShortcutSheet : public QDialog {
    Q_OBJECT

public:
    ShortcutSheet(const Theme& theme, const std::vector<ShortcutGroup>& groups, QWidget* parent = nullptr);

private:
    /// @return the row behind the group
    static int add(const Theme& theme, const ShortcutGroup& group, QGridLayout& grid, int row);
};

} // namespace icae

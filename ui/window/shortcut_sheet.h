#pragma once

#include "theme/theme.h"

#include <QDialog>

#include <utility>
#include <vector>

class QAction;

namespace icae {

/// All shortcuts, grouped; F1 opens it, Esc or F1 closes it.
class ShortcutSheet : public QDialog {
    Q_OBJECT

public:
    using Group = std::pair<QString, QList<QAction*>>;
    ShortcutSheet(const Theme& theme, const std::vector<Group>& groups, QWidget* parent = nullptr);
};

} // namespace icae

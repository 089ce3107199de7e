#pragma once

#include "session/theme.h"

#include <QFrame>
#include <QHBoxLayout>

namespace icae {

/// The line at the top of a pane. Panes that stand side by side have headers of the same height.
class PaneHeader : public QFrame {
    Q_OBJECT

public:
    explicit PaneHeader(QWidget* parent = nullptr);
    QHBoxLayout& row() { return *m_row; }

private:
    QHBoxLayout* m_row;
};

} // namespace icae

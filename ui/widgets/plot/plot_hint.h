#pragma once

#include "session/theme.h"

#include <QLabel>

namespace icae {

/// What a plot says of the place under the pointer, beside it and within its parent.
class PlotHint : public QLabel {
    Q_OBJECT

public:
    PlotHint(const Theme& theme, QWidget* parent);

    /// @param at a place of the parent
    void showAt(const QPoint& at, const QString& text);

private:
    void restyle();

    const Theme& m_theme;
};

} // namespace icae

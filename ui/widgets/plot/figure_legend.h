#pragma once

#include "widgets/plot/figure_style.h"

#include <QWidget>

namespace icae {

/// What colours, markers and dashes of a figure stand for.
class FigureLegend : public QWidget {
    Q_OBJECT

public:
    explicit FigureLegend(const Theme& theme, QWidget* parent = nullptr);

    void setKeys(std::vector<FigureKey> keys);

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    std::vector<FigureKey> m_keys;
};

} // namespace icae

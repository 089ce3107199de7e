#include "widgets/plot/figure_legend.h"

#include <QPainter>

namespace icae {

FigureLegend::FigureLegend(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setAccessibleName(tr("Legend"));
    auto policy = QSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&m_theme, &Theme::changed, this, [this] {
        updateGeometry();
        update();
    });
}

void FigureLegend::setKeys(std::vector<FigureKey> keys)
{
    m_keys = std::move(keys);
    QStringList labels;
    for (const auto& key : m_keys)
        labels.append(key.label);
    setAccessibleDescription(labels.join(QStringLiteral("; ")));
    updateGeometry();
    update();
}

int FigureLegend::heightForWidth(int width) const
{
    return drawLegend(nullptr, FigureStyle::ofWindow(m_theme), m_keys, width);
}

QSize FigureLegend::sizeHint() const
{
    return {200, heightForWidth(std::max(200, width()))};
}

void FigureLegend::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.color(Shade::Surface));
    drawLegend(&painter, FigureStyle::ofWindow(m_theme), m_keys, width());
}

} // namespace icae

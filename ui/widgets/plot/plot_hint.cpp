#include "widgets/plot/plot_hint.h"

#include <algorithm>

namespace icae {

PlotHint::PlotHint(const Theme& theme, QWidget* parent)
    : QLabel(parent)
    , m_theme(theme)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAutoFillBackground(true);
    setMargin(Theme::grid(0.75));
    setFrameShape(QFrame::Box);
    setLineWidth(1);
    hide();
    restyle();
    connect(&m_theme, &Theme::changed, this, &PlotHint::restyle);
}

void PlotHint::restyle()
{
    auto colors = palette();
    colors.setColor(QPalette::Window, m_theme.color(Shade::Rail));
    colors.setColor(QPalette::WindowText, m_theme.color(Shade::Text));
    setPalette(colors);
    setFont(m_theme.font(TypeRole::Caption));
}

void PlotHint::showAt(const QPoint& at, const QString& said)
{
    if (isHidden() || text() != said) {
        setText(said);
        adjustSize();
    }
    const int away = Theme::grid(1.5);
    QPoint place = at + QPoint(away, -height() - Theme::grid());
    if (place.x() + width() > parentWidget()->width())
        place.rx() = at.x() - away - width();
    place.rx() = std::max(0, place.x());
    if (place.y() < 0)
        place.ry() = at.y() + away;
    move(place);
    show();
    raise();
}

} // namespace icae

#include "widgets/plot/pointed_plot.h"

#include "widgets/plot/figure_legend.h"
#include "widgets/plot/plot_hint.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QVBoxLayout>

namespace icae {

PointedPlot::PointedPlot(const Theme& theme, const QString& name, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_legend(new FigureLegend(theme, this))
    , m_hint(new PlotHint(theme, this))
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(name);
    connect(&m_theme, &Theme::changed, this, [this] {
        restyle();
        update();
    });
}

void PointedPlot::takePlot(QWidget* plot)
{
    m_plot = plot;
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setMouseTracking(true);
    m_plot->installEventFilter(this);
    m_hint->raise();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::grid(0.5));
    layout->addWidget(m_legend);
    layout->addWidget(m_plot, 1);
}

void PointedPlot::releasePlot()
{
    m_plot->removeEventFilter(this);
}

QString PointedPlot::hint() const
{
    return m_hint->isHidden() ? QString() : m_hint->text();
}

QSize PointedPlot::sizeHint() const
{
    return {Theme::grid(90), Theme::grid(48)};
}

QSize PointedPlot::minimumSizeHint() const
{
    return {Theme::grid(30), Theme::grid(20)};
}

void PointedPlot::showHint(const QPoint& at, const QString& text, bool byKeys)
{
    m_byKeys = byKeys;
    m_hint->showAt(m_plot->pos() + at, text);
}

void PointedPlot::hideHint()
{
    m_byKeys = false;
    if (m_hint->isHidden())
        return;
    m_hint->hide();
    unmark();
}

void PointedPlot::announce(const QString& text)
{
    setAccessibleDescription(QString(text).replace(u'\n', QStringLiteral("; ")));
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
}

bool PointedPlot::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_plot) {
        switch (event->type()) {
        case QEvent::MouseMove:
            if (static_cast<QMouseEvent*>(event)->buttons() == Qt::NoButton)
                hover(static_cast<QMouseEvent*>(event)->position());
            break;
        case QEvent::MouseButtonPress:
            m_pressed = static_cast<QMouseEvent*>(event)->position();
            setFocus(Qt::MouseFocusReason);
            break;
        case QEvent::MouseButtonRelease: {
            const auto* mouse = static_cast<QMouseEvent*>(event);
            if (mouse->button() == Qt::LeftButton && (mouse->position() - m_pressed).manhattanLength() < 4)
                click(mouse->position());
            break;
        }
        case QEvent::MouseButtonDblClick:
            resetZoom();
            return true;
        case QEvent::Leave:
            if (!m_byKeys)
                hideHint();
            break;
        default:
            break;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void PointedPlot::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return walk(-1, 0, 0);
    case Qt::Key_Right:
        return walk(1, 0, 0);
    case Qt::Key_Up:
        return walk(0, 1, 0);
    case Qt::Key_Down:
        return walk(0, -1, 0);
    case Qt::Key_PageUp:
        return walk(0, 0, -1);
    case Qt::Key_PageDown:
        return walk(0, 0, 1);
    case Qt::Key_Home:
        return resetZoom();
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_byKeys)
            return open();
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

void PointedPlot::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    hideHint();
}

} // namespace icae

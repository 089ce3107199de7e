#include "pages/compress/sweep_bar.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

SweepCurve::SweepCurve(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setToolTip(tr("BLEU (line and dots) and EM (dashed, squares) by slots a span. Click a point to see its text."));
    setAccessibleName(tr("BLEU and EM by slots a span"));
    connect(&m_theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

QSize SweepCurve::sizeHint() const
{
    return {Theme::grid(30), Theme::grid(9)};
}

void SweepCurve::setSteps(const std::vector<SlotSweep::Step>& steps, int current)
{
    m_steps = steps;
    m_current = current;
    update();
}

QPointF SweepCurve::place(std::size_t step, double value) const
{
    const QFontMetrics metrics(m_theme.font(TypeRole::Caption));
    const QRectF area(metrics.horizontalAdvance(u"1.0"_s) + Theme::grid(), Theme::grid(0.5),
                      width() - metrics.horizontalAdvance(u"1.0"_s) - Theme::grid(4),
                      height() - metrics.height() - Theme::grid());
    const auto share = m_steps.size() < 2 ? 0.5 : static_cast<double>(step) / static_cast<double>(m_steps.size() - 1);
    return {area.left() + share * area.width(), area.bottom() - std::clamp(value, 0.0, 1.0) * area.height()};
}

void SweepCurve::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const auto font = m_theme.font(TypeRole::Caption);
    const QFontMetrics metrics(font);
    painter.setFont(font);
    painter.setPen(m_theme.color(Shade::Hairline));
    for (const double value : {0.0, 1.0})
        painter.drawLine(place(0, value), place(std::max<std::size_t>(m_steps.size(), 1) - 1, value));
    painter.setPen(m_theme.color(Shade::SecondaryText));
    for (const double value : {0.0, 1.0})
        painter.drawText(QRectF(0, place(0, value).y() - metrics.height() / 2.0, place(0, 0).x() - Theme::grid(0.5),
                                metrics.height()),
                         Qt::AlignRight | Qt::AlignVCenter, QString::number(value, 'f', 0));
    for (std::size_t i = 0; i < m_steps.size(); ++i) {
        const auto at = place(i, 0);
        painter.setPen(m_theme.color(static_cast<int>(i) == m_current ? Shade::Accent : Shade::SecondaryText));
        painter.drawText(QRectF(at.x() - Theme::grid(3), at.y() + 2, Theme::grid(6), metrics.height()),
                         Qt::AlignHCenter, QString::number(m_steps[i].slots));
    }
    const auto line = [&](Shade shade, Qt::PenStyle style, bool squares, auto valueOf) {
        std::optional<QPointF> before; // neighbours that were measured are joined, nothing else
        for (std::size_t i = 0; i < m_steps.size(); ++i) {
            if (!m_steps[i].result || !m_steps[i].result->reconstruction.scores) {
                before.reset();
                continue;
            }
            const auto at = place(i, valueOf(*m_steps[i].result->reconstruction.scores));
            painter.setPen(QPen(m_theme.color(shade), 1.5, style));
            if (before)
                painter.drawLine(*before, at);
            before = at;
            painter.setPen(QPen(m_theme.color(shade), 1.5));
            painter.setBrush(static_cast<int>(i) == m_current ? m_theme.color(shade) : m_theme.color(Shade::Surface));
            if (squares)
                painter.drawRect(QRectF(at.x() - 3, at.y() - 3, 6, 6));
            else
                painter.drawEllipse(at, 3.5, 3.5);
        }
    };
    line(Shade::Series2, Qt::DashLine, true, [](const ReconstructionScores& scores) { return scores.em; });
    line(Shade::Series1, Qt::SolidLine, false, [](const ReconstructionScores& scores) { return scores.bleu; });
}

void SweepCurve::mousePressEvent(QMouseEvent* event)
{
    int nearest = -1;
    for (std::size_t i = 0; i < m_steps.size(); ++i)
        if (nearest < 0
            || std::abs(place(i, 0).x() - event->position().x())
                < std::abs(place(static_cast<std::size_t>(nearest), 0).x() - event->position().x()))
            nearest = static_cast<int>(i);
    if (nearest >= 0)
        Q_EMIT stepClicked(nearest);
}

SweepBar::SweepBar(const Theme& theme, QWidget* parent)
    : QFrame(parent)
    , m_slider(new QSlider(Qt::Horizontal))
    , m_text(new QLabel)
    , m_hint(new QLabel)
    , m_curve(new SweepCurve(theme))
    , m_close(new QAction(theme.icon(u"close"_s), tr("Close all slot counts"), this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_slider->setAccessibleName(tr("Slot count shown"));
    m_slider->setPageStep(1);
    m_slider->setTickPosition(QSlider::TicksBelow);
    m_slider->setTickInterval(1);
    m_slider->setMinimumWidth(Theme::grid(16));
    m_hint->setWordWrap(true);
    m_hint->setProperty("secondary", true);
    m_hint->hide();
    auto* close = new QToolButton;
    close->setDefaultAction(m_close);
    auto* left = new QVBoxLayout;
    left->addWidget(m_text);
    left->addWidget(m_slider);
    left->addWidget(m_hint);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(Theme::grid(2), Theme::grid(0.5), Theme::grid(), Theme::grid(0.5));
    layout->setSpacing(Theme::grid(2));
    layout->addLayout(left, 1);
    layout->addWidget(m_curve);
    layout->addWidget(close, 0, Qt::AlignTop);
    connect(m_slider, &QSlider::valueChanged, this, [this](int step) {
        describe();
        Q_EMIT stepChosen(step);
    });
    connect(m_curve, &SweepCurve::stepClicked, m_slider, &QSlider::setValue);
    hide();
}

void SweepBar::setSteps(const SlotSweep& sweep)
{
    m_steps = sweep.steps();
    m_running = sweep.isRunning();
    const QSignalBlocker quiet(m_slider);
    m_slider->setRange(0, std::max(0, static_cast<int>(m_steps.size()) - 1));
    describe();
}

void SweepBar::setHint(const QString& text)
{
    m_hint->setText(text);
    m_hint->setVisible(!text.isEmpty());
}

int SweepBar::current() const
{
    return m_slider->value();
}

void SweepBar::setCurrent(int step)
{
    const QSignalBlocker quiet(m_slider);
    m_slider->setValue(step);
    describe();
}

void SweepBar::describe()
{
    m_curve->setSteps(m_steps, current());
    const auto at = static_cast<std::size_t>(current());
    if (at >= m_steps.size())
        return;
    const auto& step = m_steps[at];
    auto text = tr("%L1 slots a span").arg(step.slots);
    if (step.result && step.result->reconstruction.scores)
        text += tr(": %L1×, BLEU %L2, EM %L3")
                    .arg(step.result->reconstruction.ratio, 0, 'f', 1)
                    .arg(step.result->reconstruction.scores->bleu, 0, 'f', 2)
                    .arg(step.result->reconstruction.scores->em, 0, 'f', 2);
    else
        text += m_running ? tr(": not read yet") : tr(": was not read");
    m_text->setText(text);
}

} // namespace icae

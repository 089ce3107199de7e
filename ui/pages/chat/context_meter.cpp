#include "pages/chat/context_meter.h"

#include <QLocale>
#include <QPainter>

#include <algorithm>

namespace icae {

namespace {

constexpr int barWidth = 120;
constexpr int barHeight = 6;

} // namespace

ContextMeter::ContextMeter(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ContextMeter::setPlan(const std::optional<ChatPlan>& plan)
{
    m_text.clear();
    m_share = m_fullShare = 0;
    m_over = false;
    if (plan && plan->positions > 0) {
        const QLocale locale;
        const auto used = plan->used.empty() ? 0 : *std::max_element(plan->used.begin(), plan->used.end());
        m_text = tr("%1 of %2 positions").arg(locale.toString(qint64(used)), locale.toString(qint64(plan->positions)));
        if (plan->fullText > used)
            m_text += tr(" · %1 with the full text").arg(locale.toString(qint64(plan->fullText)));
        m_share = static_cast<double>(used) / static_cast<double>(plan->positions);
        m_fullShare = static_cast<double>(plan->fullText) / static_cast<double>(plan->positions);
        m_over = !plan->problem.empty() || m_share > 1;
    }
    setAccessibleName(m_text);
    setToolTip(tr("Positions of the base that the context, the turns before and this question take before the answer; "
                  "the thin line: what the full text of the memories would take"));
    updateGeometry();
    update();
}

QSize ContextMeter::sizeHint() const
{
    const QFontMetrics metrics(m_theme.font(TypeRole::Caption));
    return {metrics.horizontalAdvance(m_text) + Theme::grid(2) + barWidth, std::max(metrics.height(), barHeight * 2)};
}

void ContextMeter::paintEvent(QPaintEvent* /*event*/)
{
    if (m_text.isEmpty())
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const auto font = m_theme.font(TypeRole::Caption);
    painter.setFont(font);
    painter.setPen(m_theme.color(m_over ? Shade::Error : Shade::SecondaryText));
    painter.drawText(rect().adjusted(0, 0, -barWidth - Theme::grid(), 0), Qt::AlignRight | Qt::AlignVCenter,
                     QFontMetrics(font).elidedText(m_text, Qt::ElideRight, width() - barWidth - Theme::grid()));
    const QRectF bar(width() - barWidth, (height() - barHeight) / 2.0, barWidth, barHeight);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.color(Shade::Hairline));
    painter.drawRoundedRect(bar, 3, 3);
    painter.setBrush(m_theme.color(m_over ? Shade::Error : Shade::Accent));
    painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * std::min(1.0, m_share), bar.height()), 3, 3);
    painter.fillRect(QRectF(bar.left(), bar.bottom() + 2, bar.width() * std::min(1.0, m_fullShare), 1.5),
                     m_theme.color(m_fullShare > 1 ? Shade::Error : Shade::SecondaryText));
}

} // namespace icae

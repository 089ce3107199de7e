#include "widgets/common/memory_bars.h"

#include "models/byte_text.h"

#include <QPainter>

#include <algorithm>

namespace icae {

MemoryBars::MemoryBars(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Memory needed on each device"));
    connect(&m_theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

std::int64_t MemoryBars::needOn(const DeviceInfo& device, const MemoryNeed& need, const std::string& dtype)
{
    const bool half = dtype == "bf16" || dtype == "fp16" || (dtype == "auto" && device.id != "cpu");
    return half ? need.bf16 : need.fp32;
}

void MemoryBars::setDevices(std::vector<DeviceInfo> devices, const MemoryNeed& need, const std::string& dtype)
{
    m_devices = std::move(devices);
    m_need = need;
    m_dtype = dtype;
    QStringList spoken;
    for (const auto& device : m_devices)
        spoken += sentence(device);
    setAccessibleDescription(spoken.join(u' '));
    setToolTip(spoken.join(u'\n'));
    updateGeometry();
    update();
}

int MemoryBars::rowHeight() const
{
    return QFontMetrics(m_theme.font(TypeRole::Body)).height() + Theme::grid(3);
}

QSize MemoryBars::sizeHint() const
{
    return {300, rowHeight() * static_cast<int>(m_devices.size())};
}

QString MemoryBars::sentence(const DeviceInfo& device) const
{
    const auto need = needOn(device, m_need, m_dtype);
    return need <= device.freeBytes
        ? tr("%1: needs %2 of %3 free")
              .arg(QString::fromStdString(device.name), byteText(need), byteText(device.freeBytes))
        : tr("%1: needs %2, and only %3 are free")
              .arg(QString::fromStdString(device.name), byteText(need), byteText(device.freeBytes));
}

void MemoryBars::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_theme.font(TypeRole::Body));
    const int text = painter.fontMetrics().height();
    int y = 0;
    for (const auto& device : m_devices) {
        const auto need = needOn(device, m_need, m_dtype);
        const bool fits = need <= device.freeBytes;
        painter.setPen(m_theme.color(fits ? Shade::Text : Shade::Error));
        painter.drawText(QRect(0, y, width(), text), Qt::AlignLeft | Qt::AlignVCenter, sentence(device));
        const QRectF bar(0, y + text + 4, width(), 8);
        const auto total = static_cast<double>(std::max<std::int64_t>(1, std::max(device.totalBytes, need)));
        const auto used = static_cast<double>(device.totalBytes - device.freeBytes) / total * bar.width();
        const auto wanted = std::min(static_cast<double>(need) / total * bar.width(), bar.width() - used);
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_theme.color(Shade::Hairline));
        painter.drawRoundedRect(bar, 4, 4);
        painter.setBrush(m_theme.color(Shade::SpanMark));
        painter.drawRoundedRect(QRectF(bar.left(), bar.top(), used, bar.height()), 4, 4);
        painter.setBrush(m_theme.color(fits ? Shade::Accent : Shade::Error));
        painter.drawRect(QRectF(bar.left() + used, bar.top(), std::max(2.0, wanted), bar.height()));
        y += rowHeight();
    }
}

} // namespace icae

#pragma once

#include "protocol/model_messages.h"
#include "session/theme.h"

#include <QWidget>

#include <vector>

namespace icae {

/// Memory that a model needs against what each device has: used, needed, free. What does not fit says so.
class MemoryBars : public QWidget {
    Q_OBJECT

public:
    explicit MemoryBars(const Theme& theme, QWidget* parent = nullptr);

    /// @param need bytes for a device: float32 on the CPU, half precision elsewhere unless chosen otherwise
    void setDevices(std::vector<DeviceInfo> devices, const MemoryNeed& need, const std::string& dtype);
    /// Bytes needed on a device.
    static std::int64_t needOn(const DeviceInfo& device, const MemoryNeed& need, const std::string& dtype);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int rowHeight() const;
    QString sentence(const DeviceInfo& device) const;

    const Theme& m_theme;
    std::vector<DeviceInfo> m_devices;
    MemoryNeed m_need;
    std::string m_dtype;
};

} // namespace icae

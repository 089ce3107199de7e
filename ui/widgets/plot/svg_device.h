#pragma once

#include <QByteArray>
#include <QHash>
#include <QPaintDevice>
#include <QPaintEngine>
#include <QSizeF>

#include <memory>

namespace icae {

/// Paints into an SVG whose texts are paths: it looks the same wherever it is opened, with or without the font. Each
/// glyph is written once.
class SvgDevice : public QPaintDevice {
public:
    /// @param size in pixels of 1/96 inch
    explicit SvgDevice(const QSize& size);
    ~SvgDevice() override;

    QPaintEngine* paintEngine() const override;
    /// The whole document, once the painter has ended.
    QByteArray document(const QString& title, const QString& description) const;

protected:
    int metric(PaintDeviceMetric metric) const override;

private:
    class Engine;

    QSize m_size;
    std::unique_ptr<Engine> m_engine;
};

} // namespace icae

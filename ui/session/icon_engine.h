#pragma once

#include "session/schemes.h"

#include <QIconEngine>
#include <QPointer>

#include <optional>

namespace icae {

class Theme;

/// Renders an SVG of strokes in `currentColor`, in the theme's colour for the icon's state.
class IconEngine : public QIconEngine {
public:
    /// @param shade a fixed shade instead of the state's
    IconEngine(const Theme* theme, QString name, std::optional<Shade> shade);

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override;
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override;
    QIconEngine* clone() const override;

private:
    QPixmap render(const QSize& size, const QColor& color) const;
    QColor colorFor(QIcon::Mode mode, QIcon::State state) const;

    QPointer<const Theme> m_theme;
    QString m_name;
    std::optional<Shade> m_shade;
};

} // namespace icae

#pragma once

#include "session/schemes.h"

#include <QFont>
#include <QIcon>
#include <QObject>
#include <QPalette>

#include <functional>

namespace icae {

/// Steps of the one type scale.
enum class TypeRole {
    Body, ///< the system's UI font at its size
    Title, ///< +20 %, semibold
    Caption, ///< −10 %
    Reading, ///< source, reconstruction and tokens; follows the reader's size and family
    Fixed, ///< the same for texts whose columns stand below each other
    Number, ///< metrics: +15 %, semibold
};

/// Colours, type and icons of the window; the only place that knows them. Widgets ask it while painting and repaint on
/// changed().
class Theme : public QObject {
    Q_OBJECT

public:
    enum class Scheme { System, Light, Dark };
    Q_ENUM(Scheme)

    /// Takes the system's palette and font, so it must be made before anything changes the application's.
    /// @param systemIsDark how to find out whether the system's colours are dark; empty: by the style's palette
    explicit Theme(QObject* parent = nullptr, std::function<bool()> systemIsDark = {});

    /// Sets the application's style, palette, font and style sheet.
    void apply();

    Scheme scheme() const { return m_scheme; }
    void setScheme(Scheme scheme);
    bool isDark() const;
    void followSystem(); ///< the system's colours may have changed

    /// Size of reading texts in points; 0: a point above the UI font's.
    double readingSize() const;
    void setReadingSize(int points);
    bool monospaceReading() const { return m_monospace; }
    void setMonospaceReading(bool on);

    QColor color(Shade shade) const { return colors()[shade]; }
    /// The uncertainty map. @param value 0 (certain) to 1; clamped
    QColor sequential(double value) const { return colors().at(value); }
    /// Text on a colour of the map: whichever contrasts more.
    QColor textOn(const QColor& background) const { return icae::textOn(background); }
    /// All colours of the window as it is now.
    const ColorScheme& colors() const;

    QFont font(TypeRole role) const;
    QFont zoomed(TypeRole role) const; ///< as much larger or smaller as the reader has made texts
    /// Multiples of the 8 px grid; halves only inside controls.
    static constexpr int grid(double steps = 1) { return static_cast<int>(8 * steps); }

    /// An icon of the family (a file of resources/icons) that follows theme, state and screen. Unknown names assert.
    QIcon icon(const QString& name) const;
    /// The same in a given shade.
    QIcon icon(const QString& name, Shade shade) const;

Q_SIGNALS:
    void changed();

private:
    QPalette palette() const;
    QString styleSheet() const;
    /// Path of an icon in a shade, as style sheets need it.
    QString iconFile(const QString& name, Shade shade) const;

    Scheme m_scheme = Scheme::System;
    bool m_systemIsDark = false;
    QFont m_systemFont;
    int m_readingSize = 0;
    bool m_monospace = false;
    std::function<bool()> m_askSystem;
};

} // namespace icae

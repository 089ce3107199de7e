#pragma once

#include <QColor>
#include <QString>

#include <array>
#include <cstddef>
#include <vector>

namespace icae {

/// What a colour is for. Colour carries meaning or nothing: every other surface is one of the first four.
enum class Shade {
    Window,
    Surface, ///< where texts are read
    Rail, ///< navigation, headers, status line
    Hover,
    Hairline,
    Scroll, ///< handles of scroll bars
    Text,
    SecondaryText,
    DisabledText,
    Accent, ///< buttons, the current page, focus
    AccentText, ///< on Accent
    AccentHover,
    Selection,
    SelectionText,
    Deleted,
    DeletedTint,
    Inserted,
    InsertedTint,
    SpanA, ///< two tints that alternate from span to span
    SpanB,
    SpanMark, ///< edge of a span
    Match, ///< what the find bar found
    CurrentMatch,
    MatchText,
    Warning,
    WarningTint,
    Error,
    ErrorTint,
    Success,
    Series1, ///< lines and marks of figures, in the order of Okabe and Ito's palette; each also has its own marker
    Series2,
    Series3,
    Series4,
    Series5,
    Series6,
    Series7,
    Count
};

constexpr std::size_t shadeCount = static_cast<std::size_t>(Shade::Count);
constexpr int seriesCount = 7;

/// The shade of a series; an eighth begins again.
constexpr Shade seriesShade(int series)
{
    return static_cast<Shade>(static_cast<int>(Shade::Series1) + series % seriesCount);
}

/// All colours of the light or the dark window, or of paper.
struct ColorScheme {
    std::array<QColor, shadeCount> shades;
    std::vector<QColor> sequential; ///< stops of the map of uncertainty and of heat, evenly spaced

    const QColor& operator[](Shade shade) const { return shades.at(static_cast<std::size_t>(shade)); }
    /// The map. @param value 0 to 1; clamped; not a number: 0
    QColor at(double value) const;
};

const ColorScheme& lightScheme();
const ColorScheme& darkScheme();
const ColorScheme& printScheme();

/// Two colours that meet in the window, and the contrast they need (WCAG 2.1: 4.5 for text, 3 for marks).
struct ContrastPair {
    Shade foreground = Shade::Text;
    Shade background = Shade::Window;
    double least = 4.5;
};
const std::vector<ContrastPair>& contrastPairs();

/// WCAG 2.1 contrast ratio, 1 to 21.
double contrast(const QColor& a, const QColor& b);
/// Text on a colour: black or white, whichever contrasts more.
QColor textOn(const QColor& background);

/// Name of a shade as style.qss writes it, e.g. "secondary-text".
QString shadeName(Shade shade);

} // namespace icae

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
    Count
};

constexpr std::size_t shadeCount = static_cast<std::size_t>(Shade::Count);

/// All colours of the light or the dark window.
struct ColorScheme {
    std::array<QColor, shadeCount> shades;
    std::vector<QColor> sequential; ///< stops of the uncertainty map, certain to uncertain, evenly spaced

    const QColor& operator[](Shade shade) const { return shades.at(static_cast<std::size_t>(shade)); }
};

const ColorScheme& lightScheme();
const ColorScheme& darkScheme();

/// Two colours that meet in the window, and the contrast they need (WCAG 2.1: 4.5 for text, 3 for marks).
struct ContrastPair {
    Shade foreground = Shade::Text;
    Shade background = Shade::Window;
    double least = 4.5;
};
const std::vector<ContrastPair>& contrastPairs();

/// WCAG 2.1 contrast ratio, 1 to 21.
double contrast(const QColor& a, const QColor& b);

/// Name of a shade as style.qss writes it, e.g. "secondary-text".
QString shadeName(Shade shade);

} // namespace icae

#pragma once

#include "session/theme.h"

#include <QPainter>

namespace icae {

/// The margin beside a text: which span a row belongs to, its size in tokens and slots (or its scores), and the flag at
/// the first miss. Labels stay in sight while their span does.
class SpanGutter {
public:
    SpanGutter(const Theme& theme, QPainter& painter);

    /// Of the gutter, in pixels; 8 px of it are space before the text.
    static int width(const Theme& theme);

    /// @param top, bottom of the span's visible part
    /// @param label one or two lines below the number
    /// @param linked what the reader points at is in it
    void paint(int span, int top, int bottom, const QString& label, bool linked = false) const;
    void paintFlag(int top) const;

private:
    const Theme& m_theme;
    QPainter& m_painter;
};

} // namespace icae

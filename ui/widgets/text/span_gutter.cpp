#include "widgets/text/span_gutter.h"

#include <QCoreApplication>
#include <QFontMetrics>

namespace icae {

using namespace Qt::StringLiterals;

SpanGutter::SpanGutter(const Theme& theme, QPainter& painter)
    : m_theme(theme)
    , m_painter(painter)
{
}

int SpanGutter::width(const Theme& theme)
{
    return QFontMetrics(theme.font(TypeRole::Caption)).horizontalAdvance(u"0,000 → 000"_s) + Theme::grid(4);
}

void SpanGutter::paint(int span, int top, int bottom, const QString& label, bool linked) const
{
    const int left = Theme::grid(0.5);
    const int right = width(m_theme) - Theme::grid(2);
    m_painter.fillRect(QRect(left, top + 2, linked ? 3 : 2, bottom - top - 4),
                       m_theme.color(linked ? Shade::Accent : Shade::SpanMark));
    const auto font = m_theme.font(TypeRole::Caption);
    m_painter.setFont(font);
    const QFontMetrics metrics(font);
    const auto lines = label.split(u'\n');
    int y = top + 4;
    const auto line = [&](const QString& text, Shade shade) {
        if (y + metrics.height() > bottom)
            return;
        m_painter.setPen(m_theme.color(shade));
        m_painter.drawText(QRect(left + Theme::grid(1), y, right - left - Theme::grid(1), metrics.height()),
                           Qt::AlignLeft | Qt::AlignVCenter, text);
        y += metrics.height();
    };
    line(QCoreApplication::translate("SpanGutter", "span %1").arg(span + 1), linked ? Shade::Accent : Shade::Text);
    for (const auto& text : lines)
        line(text, Shade::SecondaryText);
}

void SpanGutter::paintFlag(int top) const
{
    const int side = Theme::grid(2);
    m_theme.icon(u"flag"_s, Shade::Deleted).paint(&m_painter, QRect(width(m_theme) - side - 3, top + 1, side, side));
}

} // namespace icae

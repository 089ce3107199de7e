#include "session/icon_engine.h"

#include "session/theme.h"

#include <QFile>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

namespace icae {

using namespace Qt::StringLiterals;

IconEngine::IconEngine(const Theme* theme, QString name, std::optional<Shade> shade)
    : m_theme(theme)
    , m_name(std::move(name))
    , m_shade(shade)
{
}

void IconEngine::paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state)
{
    const auto ratio = painter->device()->devicePixelRatioF();
    auto image = render((QSizeF(rect.size()) * ratio).toSize(), colorFor(mode, state));
    image.setDevicePixelRatio(ratio);
    painter->drawPixmap(rect.topLeft(), image);
}

QPixmap IconEngine::pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state)
{
    return render(size, colorFor(mode, state));
}

QIconEngine* IconEngine::clone() const
{
    return new IconEngine(*this);
}

QColor IconEngine::colorFor(QIcon::Mode mode, QIcon::State state) const
{
    if (!m_theme)
        return {};
    if (mode == QIcon::Disabled)
        return m_theme->color(Shade::DisabledText);
    if (m_shade)
        return m_theme->color(*m_shade);
    if (state == QIcon::On)
        return m_theme->color(Shade::Accent);
    return m_theme->color(mode == QIcon::Active || mode == QIcon::Selected ? Shade::Text : Shade::SecondaryText);
}

QPixmap IconEngine::render(const QSize& size, const QColor& color) const
{
    const auto key = u"icae/%1/%2x%3/%4"_s.arg(m_name, QString::number(size.width()), QString::number(size.height()),
                                               color.name(QColor::HexArgb));
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap))
        return pixmap;
    QFile file(u":/icons/%1.svg"_s.arg(m_name));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no icon %s", qPrintable(m_name));
    auto svg = file.readAll();
    svg.replace("currentColor", color.name().toLatin1());
    QSvgRenderer renderer(svg);
    pixmap = QPixmap(size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    const auto side = std::min(size.width(), size.height());
    renderer.render(&painter,
                    QRectF((size.width() - side) / 2.0, (size.height() - side) / 2.0, side, side)); // square, centred
    painter.end();
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

} // namespace icae

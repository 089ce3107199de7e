#include "widgets/plot/svg_device.h"

#include <QGlyphRun>
#include <QPainterPath>
#include <QPen>
#include <QRawFont>
#include <QTextLayout>

#include <array>
#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr double pixelsPerInch = 96;
constexpr double millimetresPerInch = 25.4;

QByteArray number(double value)
{
    auto text = QByteArray::number(value, 'f', 2);
    while (text.endsWith('0'))
        text.chop(1);
    if (text.endsWith('.'))
        text.chop(1);
    return text == "-0" ? QByteArray("0") : text;
}

QByteArray pathData(const QPainterPath& path)
{
    QByteArray data;
    const auto point = [&](const char* command, const QPainterPath::Element& at) {
        data += command + number(at.x) + ' ' + number(at.y);
    };
    for (int i = 0; i < path.elementCount(); ++i) {
        const auto element = path.elementAt(i);
        switch (element.type) {
        case QPainterPath::MoveToElement:
            point("M", element);
            break;
        case QPainterPath::LineToElement:
            point("L", element);
            break;
        case QPainterPath::CurveToElement:
            point("C", element);
            break;
        case QPainterPath::CurveToDataElement:
            point(" ", element);
            break;
        }
    }
    return data;
}

QByteArray paint(const char* what, const QColor& color)
{
    QByteArray text = ' ' + QByteArray(what) + "=\"" + color.name().toLatin1() + '"';
    if (color.alpha() < 255)
        text += ' ' + QByteArray(what) + "-opacity=\"" + number(static_cast<double>(color.alphaF())) + '"';
    return text;
}

} // namespace

class SvgDevice::Engine : public QPaintEngine {
public:
    Engine()
        : QPaintEngine(PrimitiveTransform | PainterPaths | AlphaBlend | Antialiasing | PixmapTransform
                       | ConstantOpacity)
    {
    }

    bool begin(QPaintDevice* /*device*/) override { return true; }
    bool end() override { return true; }
    Type type() const override { return User; }

    void updateState(const QPaintEngineState& changed) override
    {
        const auto dirty = changed.state();
        if (dirty & DirtyTransform)
            m_transform = changed.transform();
        if (dirty & DirtyPen)
            m_pen = changed.pen();
        if (dirty & DirtyBrush)
            m_brush = changed.brush();
        if (dirty & DirtyClipRegion)
            clip(changed.clipOperation(), QRectF(changed.clipRegion().boundingRect()));
        if (dirty & DirtyClipPath)
            clip(changed.clipOperation(), changed.clipPath().boundingRect());
        if (dirty & DirtyClipEnabled && !changed.isClipEnabled())
            m_clip = {};
    }

    void drawPath(const QPainterPath& path) override { write(pathData(m_transform.map(path)), m_brush); }
    void drawPolygon(const QPointF* points, int count, PolygonDrawMode mode) override
    {
        if (count == 0)
            return;
        QPainterPath path(points[0]);
        for (int i = 1; i < count; ++i)
            path.lineTo(points[i]);
        auto data = pathData(m_transform.map(path));
        if (mode != PolylineMode)
            data += 'Z';
        write(data, mode == PolylineMode ? QBrush() : m_brush);
    }
    void drawPoints(const QPointF* points, int count) override
    {
        QByteArray data; // strokes of no length, which round caps make dots
        for (int i = 0; i < count; ++i) {
            const auto at = m_transform.map(points[i]);
            data += 'M' + number(at.x()) + ' ' + number(at.y()) + "h0";
        }
        write(data, {});
    }
    void drawTextItem(const QPointF& position, const QTextItem& item) override
    {
        QTextLayout layout(item.text(), item.font());
        layout.beginLayout();
        auto line = layout.createLine();
        line.setPosition({0, 0});
        layout.endLayout();
        auto turned = m_transform;
        turned.translate(position.x(), position.y() - line.ascent());
        QByteArray uses;
        for (const auto& run : layout.glyphRuns()) {
            const auto font = run.rawFont();
            const auto glyphs = run.glyphIndexes();
            const auto places = run.positions();
            for (qsizetype i = 0; i < glyphs.size(); ++i) {
                const auto id = glyph(font, glyphs[i]);
                if (id < 0)
                    continue;
                const auto at = turned.map(places[i]);
                uses += "<use xlink:href=\"#g" + QByteArray::number(id) + '"';
                if (turned.type() <= QTransform::TxTranslate)
                    uses += " x=\"" + number(at.x()) + "\" y=\"" + number(at.y()) + "\"/>";
                else
                    uses += " transform=\"matrix(" + number(turned.m11()) + ' ' + number(turned.m12()) + ' '
                        + number(turned.m21()) + ' ' + number(turned.m22()) + ' ' + number(at.x()) + ' '
                        + number(at.y()) + ")\"/>";
            }
        }
        if (!uses.isEmpty())
            m_body += "<g" + paint("fill", m_pen.color()) + clipping() + '>' + uses + "</g>\n";
    }
    void drawPixmap(const QRectF& /*target*/, const QPixmap& /*pixmap*/, const QRectF& /*source*/) override { }

    const QByteArray& body() const { return m_body; }
    const QByteArray& definitions() const { return m_definitions; }

private:
    void clip(Qt::ClipOperation operation, const QRectF& rect)
    {
        const auto mapped = m_transform.mapRect(rect);
        if (operation == Qt::NoClip)
            m_clip = {};
        else
            m_clip = operation == Qt::IntersectClip && !m_clip.isNull() ? m_clip.intersected(mapped) : mapped;
    }

    QByteArray clipping()
    {
        if (m_clip.isNull())
            return {};
        const auto rect = "<rect x=\"" + number(m_clip.x()) + "\" y=\"" + number(m_clip.y()) + "\" width=\""
            + number(m_clip.width()) + "\" height=\"" + number(m_clip.height()) + "\"/>";
        auto known = m_clips.constFind(rect);
        if (known == m_clips.constEnd()) {
            const auto id = "c" + QByteArray::number(m_clips.size());
            m_definitions += "<clipPath id=\"" + id + "\">" + rect + "</clipPath>\n";
            known = m_clips.insert(rect, id);
        }
        return " clip-path=\"url(#" + *known + ")\"";
    }

    void write(const QByteArray& data, const QBrush& brush)
    {
        const bool filled = brush.style() != Qt::NoBrush && brush.color().alpha() > 0;
        const bool stroked = m_pen.style() != Qt::NoPen;
        if (data.isEmpty() || (!filled && !stroked))
            return;
        m_body += "<path d=\"" + data + '"' + (filled ? paint("fill", brush.color()) : " fill=\"none\"");
        if (stroked) {
            const auto scale = std::sqrt(std::abs(m_transform.determinant()));
            const auto width = std::max(m_pen.widthF(), m_pen.isCosmetic() ? 1.0 : 0.1) * scale;
            m_body += paint("stroke", m_pen.color()) + " stroke-width=\"" + number(width) + '"';
            if (m_pen.capStyle() == Qt::RoundCap)
                m_body += " stroke-linecap=\"round\"";
            if (m_pen.style() != Qt::SolidLine) {
                QByteArray dashes;
                for (const auto dash : m_pen.dashPattern())
                    dashes += (dashes.isEmpty() ? "" : " ") + number(dash * width);
                m_body += " stroke-dasharray=\"" + dashes + '"';
            }
        }
        m_body += clipping() + "/>\n";
    }

    /// Number of a glyph's definition; −1 where it has no outline, as a space.
    int glyph(const QRawFont& font, quint32 index)
    {
        const auto key = u"%1/%2/%3/%4"_s.arg(font.familyName(), font.styleName()).arg(font.pixelSize()).arg(index);
        if (const auto known = m_glyphs.constFind(key); known != m_glyphs.constEnd())
            return *known;
        const auto outline = font.pathForGlyph(index);
        const int id = outline.isEmpty() ? -1 : static_cast<int>(m_glyphs.size());
        if (id >= 0)
            m_definitions += "<path id=\"g" + QByteArray::number(id) + "\" d=\"" + pathData(outline) + "\"/>\n";
        m_glyphs.insert(key, id);
        return id;
    }

    QTransform m_transform;
    QPen m_pen;
    QBrush m_brush;
    QRectF m_clip;
    QByteArray m_body;
    QByteArray m_definitions;
    QHash<QString, int> m_glyphs;
    QHash<QByteArray, QByteArray> m_clips;
};

SvgDevice::SvgDevice(const QSize& size)
    : m_size(size)
    , m_engine(std::make_unique<Engine>())
{
}

SvgDevice::~SvgDevice() = default;

QPaintEngine* SvgDevice::paintEngine() const
{
    return m_engine.get();
}

QByteArray SvgDevice::document(const QString& title, const QString& description) const
{
    const auto millimetres = [](int pixels) { return number(pixels / pixelsPerInch * millimetresPerInch); };
    const auto width = QByteArray::number(m_size.width());
    const auto height = QByteArray::number(m_size.height());
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\""
        + millimetres(m_size.width()) + "mm\" height=\"" + millimetres(m_size.height()) + "mm\" viewBox=\"0 0 " + width
        + ' ' + height + "\" role=\"img\">\n<title>" + title.toHtmlEscaped().toUtf8() + "</title>\n<desc>"
        + description.toHtmlEscaped().toUtf8() + "</desc>\n<defs>\n" + m_engine->definitions() + "</defs>\n"
        + m_engine->body() + "</svg>\n";
}

int SvgDevice::metric(PaintDeviceMetric metric) const
{
    switch (metric) {
    case PdmWidth:
        return m_size.width();
    case PdmHeight:
        return m_size.height();
    case PdmWidthMM:
        return static_cast<int>(m_size.width() / pixelsPerInch * millimetresPerInch);
    case PdmHeightMM:
        return static_cast<int>(m_size.height() / pixelsPerInch * millimetresPerInch);
    case PdmNumColors:
        return std::numeric_limits<int>::max();
    case PdmDepth:
        return 32;
    case PdmDpiX:
    case PdmDpiY:
    case PdmPhysicalDpiX:
    case PdmPhysicalDpiY:
        return static_cast<int>(pixelsPerInch);
    case PdmDevicePixelRatio:
        return 1;
    case PdmDevicePixelRatioScaled:
        return static_cast<int>(devicePixelRatioFScale());
    }
    return 0;
}

} // namespace icae

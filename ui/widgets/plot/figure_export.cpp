#include "widgets/plot/figure_export.h"

#include "protocol/error.h"
#include "tensor/atomic_file.h"
#include "widgets/plot/curve_plot.h"
#include "widgets/plot/figure_plot.h"
#include "widgets/plot/svg_device.h"

#include <QBuffer>
#include <QFontMetrics>
#include <QImage>
#include <QPageSize>
#include <QPdfWriter>

#include <functional>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr double pixelsPerInch = 96;
constexpr double pointsPerInch = 72;
constexpr int width = 529; // 140 mm: the text of a page of ICLR's, and of most papers
constexpr int dotsPerInch = 300;
constexpr int gap = 6;

/// What stands on a sheet of paper: a legend, panels below it, a caption below them.
struct Content {
    const std::vector<FigureKey>& legend;
    QString title;
    QString caption;
    int panels = 0; ///< height
    std::function<void(QCPPainter&, const QSize&)> paint;
};

class Sheet {
public:
    Sheet(const Content& content, const FigureStyle& style)
        : m_content(content)
        , m_style(style)
        , m_legend(drawLegend(nullptr, m_style, content.legend, width))
    {
        m_captionFont = m_style.font;
        m_captionFont.setPixelSize(m_style.font.pixelSize() - 1);
        const QFontMetrics metrics(m_captionFont);
        m_caption = metrics.boundingRect(QRect(0, 0, width, 4000), flags, content.caption).height() + 2;
    }

    QSize size() const { return {width, m_legend + gap + m_content.panels + gap + m_caption}; }

    void paint(QPaintDevice& device, double scale) const
    {
        QCPPainter painter(&device);
        painter.scale(scale, scale);
        painter.fillRect(QRect(QPoint(), size()), m_style.color(Shade::Surface));
        drawLegend(&painter, m_style, m_content.legend, width);
        painter.save();
        painter.translate(0, m_legend + gap);
        m_content.paint(painter, {width, m_content.panels});
        painter.restore();
        painter.setFont(m_captionFont);
        painter.setPen(m_style.color(Shade::SecondaryText));
        painter.drawText(QRect(0, m_legend + gap + m_content.panels + gap, width, m_caption), flags, m_content.caption);
        painter.end();
    }

private:
    static constexpr int flags = Qt::TextWordWrap | Qt::AlignLeft | Qt::AlignTop;

    const Content& m_content;
    const FigureStyle& m_style;
    int m_legend;
    int m_caption = 0;
    QFont m_captionFont;
};

QByteArray drawn(const Content& content, const FigureStyle& style, FigureFormat format)
{
    const Sheet sheet(content, style);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    switch (format) {
    case FigureFormat::Svg: {
        SvgDevice svg(sheet.size());
        sheet.paint(svg, 1);
        return svg.document(content.title, content.caption);
    }
    case FigureFormat::Pdf: {
        QPdfWriter pdf(&buffer);
        pdf.setTitle(content.title);
        pdf.setCreator(u"ICAE Explorer"_s);
        pdf.setResolution(1200);
        pdf.setPageSize(QPageSize(QSizeF(sheet.size()) * pointsPerInch / pixelsPerInch, QPageSize::Point, {},
                                  QPageSize::ExactMatch));
        pdf.setPageMargins({});
        sheet.paint(pdf, 1200 / pixelsPerInch);
        break;
    }
    case FigureFormat::Png: {
        const double scale = dotsPerInch / pixelsPerInch;
        QImage image((QSizeF(sheet.size()) * scale).toSize(), QImage::Format_RGB32);
        constexpr double inchesPerMetre = 1000 / 25.4;
        image.setDotsPerMeterX(qRound(dotsPerInch * inchesPerMetre));
        image.setDotsPerMeterY(qRound(dotsPerInch * inchesPerMetre));
        image.setText(u"Description"_s, content.caption);
        sheet.paint(image, scale);
        image.save(&buffer, "PNG");
        break;
    }
    }
    return bytes;
}

void save(const Content& content, const FigureStyle& style, FigureFormat format, const QString& file)
{
    const auto bytes = drawn(content, style, format);
    writeFile(file.toStdString(), std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

} // namespace

FigureFormat figureFormatOf(const QString& file)
{
    const auto ending = file.section(u'.', -1).toLower();
    if (ending == "svg"_L1)
        return FigureFormat::Svg;
    if (ending == "pdf"_L1)
        return FigureFormat::Pdf;
    if (ending == "png"_L1)
        return FigureFormat::Png;
    throw Error(ErrorKind::Unsupported, "There is no format for a figure called " + file.toStdString() + ".",
                "Let its name end with .svg, .pdf or .png, or say --format.");
}

void exportFigure(const FigureDocument& figure, const Theme& theme, FigureFormat format, const QString& file)
{
    if (figure.isEmpty())
        throw Error(ErrorKind::InvalidInput, "There is nothing to draw: the study has none of these measures.",
                    "Choose a measure that it has.");
    const auto style = FigureStyle::ofPaper(theme);
    FigurePlot plot(style);
    plot.setFigure(std::shared_ptr<const FigureDocument>(std::shared_ptr<void>(), &figure));
    save({figure.legend, figure.title, figure.caption, FigurePlot::heightFor(figure, width),
          [&plot](QCPPainter& painter, const QSize& size) { plot.paint(painter, size); }},
         style, format, file);
}

void exportCurves(const CurveDocument& curves, const Theme& theme, FigureFormat format, const QString& file)
{
    if (curves.isEmpty())
        throw Error(ErrorKind::InvalidInput, "There is nothing to draw: the run has logged nothing yet.",
                    "Wait for its first steps.");
    const auto style = FigureStyle::ofPaper(theme);
    CurvePlot plot(style);
    plot.setCurves(std::shared_ptr<const CurveDocument>(std::shared_ptr<void>(), &curves));
    save({curves.legend, curves.title, curves.caption, CurvePlot::heightFor(curves),
          [&plot](QCPPainter& painter, const QSize& size) { plot.paint(painter, size); }},
         style, format, file);
}

} // namespace icae

#include "pages/compress/compress_export.h"

#include "models/difference_table.h"
#include "pages/compress/compress_page.h"
#include "pages/compress/result_pane.h"
#include "pages/compress/token_pane.h"
#include "pages/file_dialog.h"

#include <QClipboard>
#include <QFileDialog>
#include <QFutureWatcher>
#include <QGuiApplication>
#include <QImage>
#include <QMenu>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QtConcurrent>

#include <algorithm>
#include <array>
#include <optional>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int pictureWidth = 1100;
constexpr int longestPicture = 12000; // what most viewers still open

Error cannotWrite(const QString& path, const QString& why)
{
    return {ErrorKind::Io, "The file " + path.toStdString() + " could not be written.",
            "Check that the folder exists, that you may write there, and that the disk is not full.",
            why.toStdString()};
}

/// Writes a file whole or not at all. @throws Error (Io)
void save(const QString& path, const std::function<bool(QIODevice&)>& write)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || !write(file) || !file.commit())
        throw cannotWrite(path, file.errorString());
}

} // namespace

CompressExport::CompressExport(const PageContext& context, CompressPage& page, ResultPane& pane, QObject* parent)
    : QObject(parent)
    , m_theme(context.theme)
    , m_client(context.client)
    , m_settings(context.settings)
    , m_page(page)
    , m_pane(pane)
    , m_copy(new QAction(m_theme.icon(u"copy"_s), tr("&Copy reconstruction"), this))
    , m_copyMarked(new QAction(tr("Copy with &marks"), this))
    , m_picture(new QAction(tr("This view as a &picture…"), this))
{
    m_copy->setShortcut(QKeySequence(Qt::ALT | Qt::Key_C));
    m_copyMarked->setShortcut(QKeySequence(Qt::ALT | Qt::SHIFT | Qt::Key_C));
    m_picture->setShortcut(QKeySequence(Qt::ALT | Qt::SHIFT | Qt::Key_P));
    connect(m_copy, &QAction::triggered, this, [this] { copy(false); });
    connect(m_copyMarked, &QAction::triggered, this, [this] { copy(true); });
    connect(m_picture, &QAction::triggered, this, [this] {
        if (!m_page.result().result)
            return;
        choose(tr("Save a picture"), u"reconstruction.png"_s, tr("PNG (*.png);;SVG (*.svg);;PDF (*.pdf)"),
               [this](const QString& path) { writePicture(path); });
    });
    pane.addActions({m_copy, m_copyMarked, m_picture});
    buildMenu();
}

QList<ShortcutEntry> CompressExport::shortcuts() const
{
    return {m_copy, m_copyMarked, m_picture};
}

void CompressExport::copy(bool marks)
{
    auto& column = m_pane.mode() == ResultPane::Mode::Inline ? m_pane.inlineColumn() : m_pane.column();
    column.copy(marks);
}

void CompressExport::buildMenu()
{
    auto& menu = m_pane.exportMenu();
    menu.addActions({m_copy, m_copyMarked});
    menu.addSeparator();
    const auto add = [&](const QString& text, ExportKind kind, ExportFormat format, const QString& name,
                         const QString& filter) {
        menu.addAction(text, this, [this, kind, format, name, filter] { report(kind, format, name, filter); });
    };
    const auto html = tr("HTML (*.html)");
    const auto markdown = tr("Markdown (*.md)");
    add(tr("Differences as &HTML…"), ExportKind::Diff, ExportFormat::Html, u"differences.html"_s, html);
    add(tr("Differences as Mark&down…"), ExportKind::Diff, ExportFormat::Markdown, u"differences.md"_s, markdown);
    menu.addAction(tr("Differences as CS&V…"), this, [this] {
        choose(tr("Export"), u"differences.csv"_s, tr("CSV (*.csv)"), [this](const QString& path) {
            if (const auto& view = m_page.result(); view.diff)
                save(path,
                     [csv = differencesCsv(*view.diff)](QIODevice& file) { return file.write(csv) == csv.size(); });
        });
    });
    add(tr("Reconstruction as H&TML…"), ExportKind::Reconstruction, ExportFormat::Html, u"reconstruction.html"_s, html);
    add(tr("Reconstruction as Ma&rkdown…"), ExportKind::Reconstruction, ExportFormat::Markdown, u"reconstruction.md"_s,
        markdown);
    add(tr("Tokens as C&SV…"), ExportKind::Tokens, ExportFormat::Csv, u"tokens.csv"_s, tr("CSV (*.csv)"));
    add(tr("Tokens as &JSON…"), ExportKind::Tokens, ExportFormat::Json, u"tokens.json"_s, tr("JSON (*.json)"));
    menu.addSeparator();
    menu.addAction(m_page.saveMemoryAction());
    menu.addAction(m_picture);
}

void CompressExport::choose(const QString& title, const QString& fileName, const QString& filter,
                            const std::function<void(const QString&)>& write)
{
    auto* dialog = saveDialog(&m_page, m_settings, title, fileName, filter);
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& chosen) { // "SVG (*.svg)"
        dialog->setDefaultSuffix(chosen.section("*."_L1, 1).section(u')', 0, 0));
    });
    connect(dialog, &QFileDialog::fileSelected, this, [this, write](const QString& path) {
        try {
            write(path);
        } catch (const Error& error) {
            m_page.showError(error);
        }
    });
    dialog->open();
}

void CompressExport::report(ExportKind kind, ExportFormat format, const QString& fileName, const QString& filter)
{
    choose(tr("Export"), fileName, filter,
           [this, kind, format](const QString& path) { writeReport(kind, format, path); });
}

void CompressExport::writeReport(ExportKind kind, ExportFormat format, const QString& path)
{
    const auto& view = m_page.result();
    if (!view.result)
        return;
    ExportParams params;
    params.kind = kind;
    params.format = format;
    params.title = tr("Reconstruction").toStdString();
    params.reference = view.source;
    params.reconstruction = view.result->reconstruction;
    m_client.call(protocol::exportReport, params, this,
                  {.done =
                       [this, path](const ExportResult& result) {
                           const auto size = static_cast<qint64>(result.content.size());
                           try { // on this machine, wherever the engine is
                               save(path,
                                    [&](QIODevice& file) { return file.write(result.content.data(), size) == size; });
                               m_page.clearError();
                           } catch (const Error& error) {
                               m_page.showError(error);
                           }
                       },
                   .failed = [this](const Error& why) { m_page.showError(why); }});
}

Rendered CompressExport::paint(QPainter& painter, int greatestHeight)
{
    const auto caption = captionText();
    const auto font = m_theme.font(TypeRole::Caption);
    const QRect room(Theme::grid(3), 0, pictureWidth - Theme::grid(6), longestPicture);
    const int captionHeight =
        QFontMetrics(font).boundingRect(room, Qt::TextWordWrap, caption).height() + Theme::grid(2);
    auto result = paintView(painter, greatestHeight - captionHeight);
    painter.setFont(font);
    painter.setPen(m_theme.color(Shade::SecondaryText));
    painter.drawText(room.translated(0, result.height), Qt::TextWordWrap, caption);
    result.height += captionHeight;
    return result;
}

Rendered CompressExport::paintView(QPainter& painter, int greatestHeight)
{
    switch (m_pane.mode()) {
    case ResultPane::Mode::Tokens:
        return m_pane.tokens().renderAll(painter, pictureWidth, greatestHeight);
    case ResultPane::Mode::SideBySide:
        return m_pane.column().renderAll(painter, pictureWidth, greatestHeight, &m_page.sourceColumn());
    case ResultPane::Mode::List:
        return paintList(painter, greatestHeight);
    case ResultPane::Mode::Inline:
        break;
    }
    return m_pane.inlineColumn().renderAll(painter, pictureWidth, greatestHeight);
}

/// The list as it stands there: filtered, a line a difference.
Rendered CompressExport::paintList(QPainter& painter, int greatestHeight)
{
    const auto& list = m_pane.list();
    const auto font = m_theme.font(TypeRole::Body);
    const QFontMetrics metrics(font);
    const int line = metrics.height() + Theme::grid();
    const int margin = Theme::grid(3);
    constexpr std::array<double, DiffListModel::ColumnCount> shares{0.05, 0.15, 0.2, 0.2, 0.4};
    Rendered result;
    int top = margin;
    const auto row = [&](const auto& textOf, Shade shade) {
        int left = margin;
        painter.setFont(font);
        painter.setPen(m_theme.color(shade));
        for (int column = 0; column < DiffListModel::ColumnCount; ++column) {
            const auto width =
                static_cast<int>(shares.at(static_cast<std::size_t>(column)) * (pictureWidth - 2 * margin));
            painter.drawText(QRect(left, top, width, line), Qt::AlignVCenter | Qt::AlignLeft,
                             metrics.elidedText(textOf(column), Qt::ElideRight, width - Theme::grid()));
            left += width;
        }
        top += line;
    };
    row([&](int column) { return list.headerData(column, Qt::Horizontal).toString(); }, Shade::SecondaryText);
    for (int i = 0; i < list.rowCount() && result.complete; ++i) {
        result.complete = top + line + margin <= greatestHeight;
        if (result.complete)
            row([&](int column) { return list.index(i, column).data().toString(); }, Shade::Text);
    }
    result.height = top + Theme::grid();
    return result;
}

/// What a picture shows: model, slots, scores; it may be seen far from this window.
QString CompressExport::captionText() const
{
    const auto& view = m_page.result();
    if (!view.result)
        return {};
    const auto& result = view.result->reconstruction;
    QStringList parts;
    parts += result.adapter.empty() ? folderName(result.model)
                                    : tr("%1 · %2").arg(folderName(result.model), folderName(result.adapter));
    parts += tr("%L1 tokens in %L2 slots (%L3×)").arg(result.tokens).arg(result.slots).arg(result.ratio, 0, 'f', 1);
    if (result.scores)
        parts += tr("BLEU %L1, EM %L2 free-running; loss %L3 teacher-forced")
                     .arg(result.scores->bleu, 0, 'f', 3)
                     .arg(result.scores->em, 0, 'f', 3)
                     .arg(result.scores->loss, 0, 'f', 4);
    parts += QString::fromStdString(result.device);
    return parts.join(u" · "_s);
}

void CompressExport::writePicture(const QString& path)
{
    Rendered measured;
    { // on nothing
        QImage none(1, 1, QImage::Format_ARGB32);
        QPainter painter(&none);
        measured = paint(painter, longestPicture);
    }
    if (!measured.complete)
        m_page.showWarning(
            tr("The picture ends before the text does: it holds the first %L1 pixels.").arg(measured.height),
            tr("Export the differences as HTML for all of it."));
    const QRect area(0, 0, pictureWidth, std::max(1, measured.height));
    const auto paintOn = [&](QPaintDevice& device, double scale) {
        QPainter painter(&device);
        painter.scale(scale, scale);
        painter.fillRect(area, m_theme.color(Shade::Surface));
        paint(painter, area.height());
        return painter.end();
    };
    if (path.endsWith(".svg"_L1, Qt::CaseInsensitive)) {
        save(path, [&](QIODevice& file) {
            QSvgGenerator svg;
            svg.setOutputDevice(&file);
            svg.setSize(area.size());
            svg.setViewBox(area);
            return paintOn(svg, 1);
        });
    } else if (path.endsWith(".pdf"_L1, Qt::CaseInsensitive)) {
        save(path, [&](QIODevice& file) {
            QPdfWriter pdf(&file);
            pdf.setPageSize(QPageSize(QSizeF(area.size()) * 0.75, QPageSize::Point));
            pdf.setPageMargins({});
            return paintOn(pdf, static_cast<double>(pdf.width()) / pictureWidth);
        });
    } else {
        const double ratio = 2; // sharp in print
        QImage image((QSizeF(area.size()) * ratio).toSize(), QImage::Format_RGB32);
        image.setDevicePixelRatio(ratio);
        paintOn(image, 1);
        savePng(image, path);
    }
}

void CompressExport::savePng(const QImage& image, const QString& path)
{
    auto* saving = new QFutureWatcher<std::optional<Error>>(this);
    connect(saving, &QFutureWatcherBase::finished, this, [this, saving] {
        if (const auto failure = saving->result())
            m_page.showError(*failure);
        saving->deleteLater();
    });
    // Compressing the longest picture takes seconds.
    saving->setFuture(QtConcurrent::run([image, path]() -> std::optional<Error> {
        try {
            save(path, [&](QIODevice& file) { return image.save(&file, "PNG"); });
        } catch (const Error& error) {
            return error;
        }
        return std::nullopt;
    }));
}

} // namespace icae

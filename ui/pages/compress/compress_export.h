#pragma once

#include "pages/page.h"
#include "session/engine_client.h"
#include "session/theme.h"
#include "widgets/common/rendered.h"

#include <QObject>

#include <functional>

class QAction;
class QImage;
class QPainter;

namespace icae {

class CompressPage;
class ResultPane;

/// The export menu of the Compress page: reports that the engine writes, and pictures of what is seen.
class CompressExport : public QObject {
    Q_OBJECT

public:
    CompressExport(const PageContext& context, CompressPage& page, ResultPane& pane, QObject* parent);

    /// Writes the shown view as a picture; the ending tells the format: png, svg or pdf.
    /// @throws Error (Io) where the file cannot be written; a PNG, which takes longer, says so on the page
    void writePicture(const QString& path);
    QList<ShortcutEntry> shortcuts() const;

private:
    void buildMenu();
    void copy(bool marks);
    void report(ExportKind kind, ExportFormat format, const QString& fileName, const QString& filter);
    void writeReport(ExportKind kind, ExportFormat format, const QString& path);
    void choose(const QString& title, const QString& fileName, const QString& filter,
                const std::function<void(const QString&)>& write);
    Rendered paint(QPainter& painter, int greatestHeight);
    Rendered paintView(QPainter& painter, int greatestHeight);
    Rendered paintList(QPainter& painter, int greatestHeight);
    QString captionText() const;
    void savePng(const QImage& image, const QString& path); ///< in the background

    const Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    CompressPage& m_page;
    ResultPane& m_pane;
    QAction* m_copy;
    QAction* m_copyMarked;
    QAction* m_picture;
};

} // namespace icae

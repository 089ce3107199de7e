#include "pages/file_dialog.h"

#include "pages/page.h"

#include <QFileDialog>
#include <QFileInfo>

namespace icae {

namespace {

QFileDialog* dialogFor(QWidget* parent, Settings& settings, const QString& title, const QString& filter)
{
    auto* dialog = new QFileDialog(parent, title, settings.folder(), filter);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    const auto remember = [&settings](const QString& path) {
        const QFileInfo chosen(path);
        settings.setFolder(chosen.isDir() ? chosen.absoluteFilePath() : chosen.absolutePath());
    };
    QObject::connect(dialog, &QFileDialog::fileSelected, &settings, remember);
    QObject::connect(dialog, &QFileDialog::filesSelected, &settings, [remember](const QStringList& paths) {
        if (!paths.isEmpty())
            remember(paths.front());
    });
    return dialog;
}

} // namespace

QFileDialog* openDialog(QWidget* parent, Settings& settings, const QString& title, const QString& filter)
{
    auto* dialog = dialogFor(parent, settings, title, filter);
    dialog->setFileMode(QFileDialog::ExistingFile);
    return dialog;
}

QFileDialog* saveDialog(QWidget* parent, Settings& settings, const QString& title, const QString& name,
                        const QString& filter)
{
    auto* dialog = dialogFor(parent, settings, title, filter);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(name.section(QLatin1Char('.'), -1));
    dialog->selectFile(name);
    return dialog;
}

void saveFrom(Page& page, Settings& settings, const QString& title, const QString& name,
              const std::function<void(const QString&)>& write)
{
    auto* dialog = saveDialog(&page, settings, title, name);
    QObject::connect(dialog, &QFileDialog::fileSelected, &page, [&page, write](const QString& file) {
        try {
            write(file);
            Q_EMIT page.reported(Page::tr("Saved %1").arg(file));
        } catch (const Error& error) {
            page.showError(error);
        }
    });
    dialog->open();
}

} // namespace icae

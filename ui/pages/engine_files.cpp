#include "pages/engine_files.h"

#include "pages/engine_file_dialog.h"
#include "pages/file_dialog.h"

#include <QCoreApplication>
#include <QFileDialog>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("EngineFiles", text);
}

/// A word of a shell's command line.
QString quoted(const QString& path)
{
    static const auto plain = u"/._-+,@%"_s;
    const bool simple = std::all_of(path.begin(), path.end(), [](QChar c) {
        return (c.unicode() < 128 && c.isLetterOrNumber()) || plain.contains(c);
    });
    return simple ? path : u'\'' + QString(path).replace(u'\'', u"'\\''"_s) + u'\'';
}

} // namespace

void chooseEngineFiles(QWidget* asking, const Theme& theme, EngineClient& client, Settings& settings,
                       const EngineFilesWanted& wanted, const std::function<void(const QStringList&)>& chosen)
{
    if (!settings.engineHost().isEmpty()) {
        auto* dialog = new EngineFileDialog(theme, client, settings.engineHost(), wanted, asking);
        QObject::connect(dialog, &EngineFileDialog::chosen, asking, chosen);
        dialog->open();
        return;
    }
    auto* dialog = openDialog(asking, settings, wanted.title);
    dialog->setFileMode(wanted.folder ? QFileDialog::Directory : QFileDialog::ExistingFiles);
    if (!wanted.filters.isEmpty())
        dialog->setNameFilters(wanted.filters);
    if (!wanted.start.isEmpty())
        dialog->setDirectory(wanted.start);
    if (wanted.folder)
        QObject::connect(dialog, &QFileDialog::fileSelected, asking,
                         [chosen](const QString& folder) { chosen({folder}); });
    else
        QObject::connect(dialog, &QFileDialog::filesSelected, asking, chosen);
    dialog->open();
}

QString refusalOfLocalFiles(const Settings& settings, const QStringList& files)
{
    const auto host = settings.engineHost();
    if (host.isEmpty() || files.isEmpty())
        return {};
    QStringList words;
    for (const auto& file : files)
        words += quoted(file);
    return tr("The engine runs on %1 and cannot read files of this machine. Copy them there and choose the copies: "
              "scp %2 %1:")
        .arg(host, words.join(u' '));
}

} // namespace icae

#include "export_figure.h"
#include "pages/all_pages.h"
#include "pages/compress/compress_page.h"
#include "session/engine_client.h"
#include "session/settings.h"
#include "session/theme.h"
#include "window/main_window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QFileInfo>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace {

/// The model to start with, which ICAE_MODEL names or else is the smallest that comes with the program, and those that
/// come with it besides.
QStringList standardModels()
{
    QStringList models;
    if (const auto named = qEnvironmentVariable("ICAE_MODEL"); !named.isEmpty())
        models << QDir(named).absolutePath();
    const QDir programs(QCoreApplication::applicationDirPath());
    for (const auto& place : {u"../share/icae-explorer/models"_s, u"../../../resources/models"_s}) {
        QStringList found;
        for (const auto& name : {u"nano"_s, u"icae-47m"_s})
            if (const auto model = QDir::cleanPath(programs.filePath(place + u'/' + name));
                QFileInfo::exists(model + u"/base/config.json"_s))
                found << model;
        models << found;
        if (!found.isEmpty())
            break;
    }
    models.removeDuplicates();
    return models;
}

} // namespace

int main(int argc, char** argv)
{
    const bool exports = icae::asksForExport(argc, argv);
    if (exports && !qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen"); // no display is needed
    QApplication application(argc, argv);
    QApplication::setApplicationName(u"icae-explorer"_s);
    QApplication::setApplicationDisplayName(u"ICAE Explorer"_s);
    QApplication::setApplicationVersion(QStringLiteral(ICAE_VERSION));
    QApplication::setDesktopFileName(u"icae-explorer"_s);

    QCommandLineParser parser;
    parser.setApplicationDescription(QApplication::translate("main", "Explorer for in-context autoencoders"));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(u"file"_s, QApplication::translate("main", "Text to open"), u"[FILE]"_s);
    icae::addExportOptions(parser);
    parser.process(application);

    icae::Theme theme;
    if (exports)
        return icae::exportFigure(parser, theme);
    icae::Settings settings;
    theme.apply();
    QApplication::setWindowIcon(QIcon(u":/icons/app.svg"_s));
    icae::EngineClient client;
    client.setCommand(settings.engineCommand());
    icae::MainWindow window(theme, client, settings, standardModels(), icae::allPages());
    const auto files = parser.positionalArguments();
    auto& compress = *window.findChild<icae::CompressPage*>();
    if (files.isEmpty()) {
        if (!compress.restoreDraft()) {
            if (settings.windowGeometry().isEmpty()) // nobody has closed it yet
                compress.openFirst();
            else
                compress.openSample(u"ferry"_s);
        }
    } else {
        window.showPage(compress.id());
        compress.openFile(files.front());
    }
    window.show();
    QTimer::singleShot(0, &client, &icae::EngineClient::start); // the window does not wait for the engine
    return QApplication::exec();
}

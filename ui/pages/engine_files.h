#pragma once

#include "session/engine_client.h"
#include "session/settings.h"

#include <functional>

class QWidget;

namespace icae {

class Theme;

/// Files or a folder that the engine is to read.
struct EngineFilesWanted {
    QString title; ///< of the dialog
    QStringList filters; ///< as QFileDialog has them: "Texts (*.txt *.md)"
    bool folder = false; ///< one folder instead of files
    QString start = {}; ///< folder to begin in, on the engine's machine; empty: where files were last chosen
};

/// Asks for them where the engine is: by the system's dialog on this machine, by one of the engine's files where it
/// runs on another. The dialog deletes itself; its requests are the asking widget's.
/// @param chosen called with at least one absolute path; not where nothing was chosen
void chooseEngineFiles(QWidget* asking, const Theme& theme, EngineClient& client, Settings& settings,
                       const EngineFilesWanted& wanted, const std::function<void(const QStringList&)>& chosen);

/// Why an engine on another machine cannot take files of this one, with the command that copies them there; empty where
/// the engine runs here.
QString refusalOfLocalFiles(const Settings& settings, const QStringList& files);

} // namespace icae

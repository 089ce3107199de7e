#pragma once

#include <filesystem>
#include <string>

namespace icae {

/// A file or folder that comes with the program, e.g. "samples/study": installed beside it, or in the source tree that
/// it was built in. Empty where there is none.
std::filesystem::path bundled(const std::string& name);

/// Where an engine starts runs unless it is told otherwise: $XDG_DATA_HOME/icae/runs.
std::filesystem::path defaultRunsFolder();

/// Where an engine keeps memories unless it is told otherwise: $XDG_DATA_HOME/icae/library.
std::filesystem::path defaultLibraryFolder();

/// What an engine remembers between starts: $XDG_CONFIG_HOME/icae/engine.json.
std::filesystem::path engineSettingsFile();

/// Where processes of this user on this machine meet: $XDG_RUNTIME_DIR/icae, or a folder of their own in the folder for
/// temporary files. Made where it is missing; empty where that is not possible.
std::filesystem::path meetingFolder();

} // namespace icae

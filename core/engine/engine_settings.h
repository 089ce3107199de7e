#pragma once

#include <functional>
#include <string>

namespace icae {

/// What an engine remembers between starts: engineSettingsFile().
struct EngineSettings {
    std::string runs; ///< folder; empty: the default
    std::string library; ///< folder; empty: the default

    static void describe(auto& value, auto&& field)
    {
        field("runs", value.runs);
        field("library", value.library);
    }
};

/// @throws Error (InvalidInput) where the file is not as it should be
EngineSettings readEngineSettings();

/// Changes a folder that is remembered, and makes it. Called from one thread at a time.
/// @param member of the settings; @param folder an absolute path, or "default"
/// @param standard what "default" stands for
/// @throws Error (InvalidInput) where the path is relative; (Io) where the folder cannot be made
void changeEngineFolder(std::string EngineSettings::*member, const std::string& folder, const std::string& standard);

} // namespace icae

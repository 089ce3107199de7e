#include "runs/places.h"

#include "input/user_folder.h"

#include <cstdlib>

namespace icae {

namespace fs = std::filesystem;

fs::path bundled(const std::string& name)
{
    std::error_code fault;
    const auto programs = fs::read_symlink("/proc/self/exe", fault).parent_path();
    for (const auto* place : {"../share/icae-explorer", "../../../resources"})
        if (auto found = (programs / place / name).lexically_normal(); fs::exists(found, fault))
            return found;
    return {};
}

fs::path defaultRunsFolder()
{
    return userFolder("XDG_DATA_HOME", ".local/share") / "icae" / "runs";
}

fs::path defaultLibraryFolder()
{
    return userFolder("XDG_DATA_HOME", ".local/share") / "icae" / "library";
}

fs::path engineSettingsFile()
{
    return userFolder("XDG_CONFIG_HOME", ".config") / "icae" / "engine.json";
}

fs::path meetingFolder()
{
    std::error_code fault;
    const char* named = std::getenv("XDG_RUNTIME_DIR"); // NOLINT(concurrency-mt-unsafe): nobody changes it
    const fs::path runtime = named == nullptr ? "" : named;
    if (!runtime.is_absolute() || !fs::is_directory(runtime, fault))
        return ownTemporaryFolder();
    auto folder = runtime / "icae";
    fs::create_directory(folder, fault);
    return fault ? fs::path() : folder;
}

} // namespace icae

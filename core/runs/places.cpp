#include "runs/places.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace icae {

namespace fs = std::filesystem;

namespace {

std::string variable(const char* name)
{
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody changes the environment
    return value == nullptr ? std::string() : std::string(value);
}

/// A folder of the XDG base directory specification, or its default below the home folder.
fs::path userFolder(const char* name, const char* inHome)
{
    if (const fs::path named = variable(name); named.is_absolute())
        return named;
    const auto home = variable("HOME");
    return home.empty() ? fs::temp_directory_path() / ("icae-" + std::to_string(getuid())) : fs::path(home) / inHome;
}

} // namespace

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

fs::path engineSettingsFile()
{
    return userFolder("XDG_CONFIG_HOME", ".config") / "icae" / "engine.json";
}

fs::path meetingFolder()
{
    std::error_code fault;
    const fs::path runtime = variable("XDG_RUNTIME_DIR");
    const auto folder = runtime.is_absolute() && fs::is_directory(runtime, fault)
        ? runtime / "icae"
        : fs::temp_directory_path(fault) / ("icae-" + std::to_string(getuid()));
    if (mkdir(folder.c_str(), 0700) == 0)
        return folder;
    struct stat facts { }; // somebody else's folder of that name is none to meet in
    const bool ours = lstat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == getuid();
    return ours ? folder : fs::path();
}

} // namespace icae

#include "input/user_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace icae {

namespace fs = std::filesystem;

namespace {

fs::path variable(const char* name)
{
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody changes the environment
    return value == nullptr ? fs::path() : fs::path(value);
}

} // namespace

fs::path ownTemporaryFolder()
{
    std::error_code fault;
    auto folder = fs::temp_directory_path(fault) / ("icae-" + std::to_string(getuid()));
    if (fault)
        return {};
    if (mkdir(folder.c_str(), 0700) == 0)
        return folder;
    struct stat facts { }; // somebody else's folder of that name is none to use, nor one that others may write to
    const bool ours = lstat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == getuid()
        && (facts.st_mode & 0022U) == 0;
    return ours ? folder : fs::path();
}

fs::path userFolder(const char* name, const char* inHome)
{
    if (auto named = variable(name); named.is_absolute())
        return named;
    if (const auto home = variable("HOME"); !home.empty())
        return home / inHome;
    const auto own = ownTemporaryFolder();
    return own.empty() ? own : own / inHome;
}

} // namespace icae

#include "input/remove_tree.h"

#include <cerrno>
#include <cstdio>

#include <ftw.h>

namespace icae {

std::error_code removeTree(const std::filesystem::path& path)
{
    constexpr int mostOpen = 16;
    // nftw() hands nothing of the caller's through; a fault must not end the walk, so that it cannot be the result.
    thread_local int fault = 0;
    fault = 0;
    const auto drop = [](const char* name, const struct stat*, int, FTW*) {
        if (std::remove(name) != 0 && errno != ENOENT)
            fault = errno;
        return 0;
    };
    if (nftw(path.c_str(), drop, mostOpen, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        fault = errno;
    return {fault, std::generic_category()};
}

} // namespace icae

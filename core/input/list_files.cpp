#include "input/list_files.h"

#include "input/reachable.h"
#include "protocol/error.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most = 10'000;

fs::path homeFolder()
{
    const char* home = std::getenv("HOME"); // NOLINT(concurrency-mt-unsafe): nobody changes it
    return home != nullptr && *home == '/' ? home : "/";
}

} // namespace

FileList listFiles(const ListFilesParams& params)
{
    auto folder = (homeFolder() / params.folder).lexically_normal();
    if (!folder.has_filename() && folder.has_relative_path())
        folder = folder.parent_path();
    requireReachable(folder);
    std::error_code fault;
    if (!fs::is_directory(folder, fault))
        throw Error(ErrorKind::NotFound, "There is no folder " + folder.string() + " on the engine's machine.",
                    "Choose another one.");
    FileList list{folder.string(), folder.has_relative_path() ? folder.parent_path().string() : std::string(), {}, 0};
    auto it = fs::directory_iterator(folder, fault);
    for (; !fault && it != fs::directory_iterator(); it.increment(fault)) {
        FileEntry entry{it->path().filename().string()};
        std::error_code gone;
        entry.isFolder = it->is_directory(gone);
        if (entry.name.starts_with('.') || (!entry.isFolder && !it->is_regular_file(gone)))
            continue;
        if (!entry.isFolder)
            entry.bytes = static_cast<std::int64_t>(it->file_size(gone));
        if (!gone)
            list.entries.push_back(std::move(entry));
    }
    if (fault)
        throw Error(ErrorKind::Io, "The folder " + folder.string() + " cannot be read: " + fault.message() + ".",
                    "Check that you may read it.");
    std::sort(list.entries.begin(), list.entries.end(), [](const FileEntry& a, const FileEntry& b) {
        return a.isFolder != b.isFolder ? a.isFolder : a.name < b.name;
    });
    if (list.entries.size() > most) {
        list.leftOut = std::ssize(list.entries) - static_cast<std::int64_t>(most);
        list.entries.resize(most);
    }
    return list;
}

} // namespace icae

#include "icae/hub_folder.h"

#include "protocol/error.h"
#include "protocol/hub_name.h"

#include <algorithm>
#include <fstream>
#include <vector>

namespace icae {

namespace fs = std::filesystem;

namespace {

fs::path nameless(const fs::path& path)
{
    auto normal = fs::absolute(path).lexically_normal();
    return normal.has_filename() ? normal : normal.parent_path();
}

} // namespace

fs::path hubSnapshot(const fs::path& path)
{
    auto folder = nameless(path);
    if (folder.filename() == "snapshots" && isHubRepository(folder.parent_path()))
        folder = folder.parent_path();
    if (!isHubRepository(folder))
        return path;
    std::string revision;
    std::ifstream(folder / "refs" / "main") >> revision;
    std::error_code ignored;
    if (!revision.empty() && fs::is_directory(folder / "snapshots" / revision, ignored))
        return folder / "snapshots" / revision;
    std::vector<fs::path> snapshots;
    for (const auto& entry : fs::directory_iterator(folder / "snapshots", ignored))
        if (entry.is_directory(ignored))
            snapshots.push_back(entry.path());
    if (snapshots.size() == 1)
        return snapshots.front();
    throw Error(ErrorKind::NotFound,
                folder.string()
                    + (snapshots.empty() ? " holds no snapshot: nothing of this model was downloaded."
                                         : " holds several snapshots, and refs/main names none of them."),
                snapshots.empty() ? "Download the model again." : "Name one of the folders in its snapshots.");
}

} // namespace icae

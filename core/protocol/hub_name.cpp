#include "protocol/hub_name.h"

#include <string_view>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view repository = "models--";
constexpr std::string_view between = "--";

} // namespace

bool isHubRepository(const fs::path& folder)
{
    return folder.filename().string().starts_with(repository);
}

std::string hubName(const fs::path& path)
{
    auto folder = path.lexically_normal();
    if (!folder.has_filename())
        folder = folder.parent_path();
    if (folder.parent_path().filename() == "snapshots")
        folder = folder.parent_path().parent_path();
    if (!isHubRepository(folder))
        return {};
    auto name = folder.filename().string().substr(repository.size());
    if (const auto at = name.find(between); at != std::string::npos)
        name.replace(at, between.size(), "/");
    return name;
}

} // namespace icae

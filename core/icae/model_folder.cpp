#include "icae/model.h"

#include "icae/hub_folder.h"
#include "icae/trained_folder.h"
#include "input/reachable.h"
#include "protocol/error.h"

#include <algorithm>

namespace icae {

namespace fs = std::filesystem;

namespace {

bool isThere(const fs::path& path)
{
    std::error_code ignored;
    return fs::exists(path, ignored);
}

bool isBase(const fs::path& folder)
{
    std::error_code ignored;
    return isThere(folder / "config.json") || fs::is_symlink(folder / "config.json", ignored);
}

bool isAdapter(const fs::path& path)
{
    return !adapterIn(path).empty();
}

/// A folder's name as such, also where the path ends in a slash.
fs::path folderOf(const fs::path& path)
{
    const auto normal = fs::absolute(path).lexically_normal();
    return normal.has_filename() ? normal : normal.parent_path();
}

std::vector<fs::path> foldersIn(const fs::path& folder)
{
    std::vector<fs::path> folders;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (entry.is_directory(ignored))
            folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    return folders;
}

fs::path baseOf(const fs::path& adapter)
{
    std::error_code ignored;
    auto folder = folderOf(fs::is_directory(adapter, ignored) ? adapter : fs::absolute(adapter).parent_path());
    if (isBase(folder))
        return folder;
    const auto parent = folder.parent_path();
    if (isBase(parent / "base"))
        return parent / "base";
    if (const auto run = runAround(folder); !run.empty())
        if (auto base = baseOfRun(run); isBase(base))
            return base;
    const auto file = AdapterFile::open(adapter);
    std::vector<fs::path> fitting;
    for (const auto& candidate : foldersIn(parent)) {
        if (!isBase(candidate))
            continue;
        try {
            if (whyAdapterDoesNotFit(file, readLlmConfig(candidate)).empty())
                fitting.push_back(candidate);
        } catch (const Error&) { // NOLINT(bugprone-empty-catch): a base that cannot be read is no candidate
        }
    }
    if (fitting.size() == 1)
        return fitting.front();
    throw Error(ErrorKind::NotFound,
                fitting.empty() ? "No base for the adapter " + adapter.string() + " was found beside it."
                                : "Several bases beside the adapter " + adapter.string() + " fit it.",
                "Name the base with --model.");
}

fs::path chooseAdapter(const fs::path& folder, const fs::path& base, const std::string& preferred)
{
    auto candidates = adaptersIn(folder);
    if (folder == base) { // beside a folder called base lie its adapters
        const auto beside = adaptersIn(folder.parent_path());
        if (folder.filename() == "base")
            candidates.insert(candidates.end(), beside.begin(), beside.end());
    }
    for (const auto& candidate : candidates)
        if (candidate.filename() == preferred)
            return candidate;
    if (candidates.size() == 1)
        return candidates.front();
    return {};
}

} // namespace

std::vector<fs::path> adaptersIn(const fs::path& folder)
{
    std::vector<fs::path> adapters;
    if (isAdapter(folder))
        adapters.push_back(folder);
    for (const auto& candidate : foldersIn(folder))
        if (isAdapter(candidate))
            adapters.push_back(candidate);
    return adapters;
}

ModelPaths findModel(const fs::path& named, const fs::path& namedAdapter, const std::string& preferred)
{
    requireReachable(named);
    requireReachable(namedAdapter);
    const auto model = named.empty() ? named : hubSnapshot(named);
    const auto adapter = namedAdapter.empty() ? namedAdapter : adapterInside(hubSnapshot(namedAdapter));
    if (model.empty()) {
        if (adapter.empty())
            throw Error(ErrorKind::InvalidInput, "No model was named.",
                        "Name a model folder with --model, or set ICAE_MODEL to one.");
        return {baseOf(adapter), adapter};
    }
    if (!isThere(model))
        throw Error(ErrorKind::NotFound, "There is no model at " + model.string() + ".", "Check the path.");
    const auto folder = folderOf(model);
    ModelPaths paths;
    if (isBase(folder))
        paths.base = folder;
    else if (isBase(folder / "base"))
        paths.base = folder / "base";
    else if (isAdapter(folder) && adapter.empty())
        return {baseOf(folder), folder};
    else if (const auto inside = adapterInside(folder); inside != folder && adapter.empty())
        return {baseOf(inside), inside};
    else
        throw Error(ErrorKind::NotFound, model.string() + " holds neither config.json nor a folder base.",
                    "Name a model folder in Hugging Face format.");
    if (adapter.empty())
        paths.adapter = chooseAdapter(folder, paths.base, preferred);
    else if (isThere(adapter))
        paths.adapter = adapter;
    else if (isThere(folder / adapter))
        paths.adapter = folder / adapter;
    else if (isThere(paths.base.parent_path() / adapter))
        paths.adapter = paths.base.parent_path() / adapter;
    else
        throw Error(ErrorKind::NotFound, "There is no adapter " + adapter.string() + ".",
                    "Name a folder with icae.safetensors, or one of the model's own adapters.");
    return paths;
}

} // namespace icae

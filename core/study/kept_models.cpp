#include "study/kept_models.h"

#include "icae/trained_folder.h"
#include "protocol/error.h"
#include "runs/run_checkpoints.h"

namespace icae {

namespace fs = std::filesystem;

namespace {

/// Base and adapter in a folder that training exported to. A frozen base is where the run's config.json says.
ModelPaths exportedIn(const fs::path& folder, const fs::path& run)
{
    std::error_code ignored;
    const auto adapter = folder / "adapter";
    if (!fs::exists(adapter / "icae.safetensors", ignored))
        return {};
    if (fs::exists(folder / "base" / "config.json", ignored))
        return {folder / "base", adapter};
    return findModel(baseOfRun(run), adapter, {});
}

} // namespace

fs::path keptFolder(const fs::path& run, std::int64_t step)
{
    return run / "kept" / (std::string(stepPrefix) + std::to_string(step));
}

std::vector<KeptModel> keptModels(const fs::path& run)
{
    std::vector<KeptModel> kept;
    for (const auto& [step, folder] : stepsIn(run / "kept"))
        if (auto paths = exportedIn(folder, run); !paths.adapter.empty())
            kept.push_back({step, std::move(paths)});
    if (kept.empty())
        if (auto paths = exportedIn(run / "model", run); !paths.adapter.empty())
            kept.push_back({0, std::move(paths)});
    if (kept.empty())
        throw Error(ErrorKind::NotFound, run.string() + " has not written an adapter yet.",
                    "Name a training run that has a checkpoint.");
    return kept;
}

} // namespace icae

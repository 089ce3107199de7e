#include "icae/trained_folder.h"

#include "protocol/error.h"
#include "protocol/json.h"
#include "text/text_file.h"

#include <vector>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto weightsName = "icae.safetensors";
constexpr int levelsUp = 3; // RUN/checkpoints/step-N/adapter

} // namespace

fs::path adapterInside(const fs::path& folder)
{
    std::error_code ignored;
    if (fs::exists(folder / "adapter" / weightsName, ignored) && !fs::exists(folder / weightsName, ignored))
        return folder / "adapter";
    if (fs::exists(folder / "position.json", ignored) && fs::exists(folder / "training.safetensors", ignored)
        && !fs::exists(folder / "base" / "config.json", ignored))
        throw Error(ErrorKind::NotFound,
                    "The checkpoint " + folder.string() + " keeps no model: an older version wrote it.",
                    "Take the model folder of its run; the run's next checkpoint keeps one, too.");
    return folder;
}

fs::path runAround(const fs::path& path)
{
    auto folder = fs::absolute(path).lexically_normal();
    std::error_code ignored;
    for (int i = 0; i <= levelsUp && folder.has_relative_path(); ++i, folder = folder.parent_path())
        if (fs::exists(folder / "status.json", ignored) && fs::exists(folder / "config.json", ignored))
            return folder;
    return {};
}

fs::path baseOfRun(const fs::path& run)
{
    const auto file = run / "config.json";
    const auto job = JsonReader::parse(readTextFile(file), file.string(), true);
    const fs::path named = job.text("base", "");
    if (named.empty())
        return {};
    std::error_code ignored;
    const fs::path began = job.text("run", "");
    std::vector<fs::path> places{run / named};
    if (!began.empty())
        places.insert(places.end(), {began / named, run / named.lexically_relative(began)});
    for (const auto& base : places)
        for (const auto& folder : {base / "model" / "base", base / "base", base})
            if (fs::exists(folder / "config.json", ignored))
                return folder.lexically_normal();
    return named;
}

} // namespace icae

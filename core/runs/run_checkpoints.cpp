#include "runs/run_checkpoints.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "text/text_file.h"

#include <algorithm>
#include <charconv>

namespace icae {

namespace fs = std::filesystem;

namespace {

std::int64_t bytesIn(const fs::path& folder)
{
    std::int64_t bytes = 0;
    std::error_code fault;
    for (auto it = fs::recursive_directory_iterator(folder, fault); !fault && it != fs::recursive_directory_iterator();
         it.increment(fault))
        if (std::error_code ignored; it->is_regular_file(ignored))
            bytes += static_cast<std::int64_t>(it->file_size(ignored));
    return bytes;
}

/// What the validation said at the checkpoint's own step.
std::optional<double> lossAt(const fs::path& folder, std::int64_t step)
{
    try {
        const auto json = JsonReader::parse(readTextFile(folder / checkpointPositionName), folder.string());
        if (json.has("watched") && json.integer("evaluated", 0, INT64_MAX, -1) == step)
            return fromJson<BestValue>(json.object("watched")).last;
    } catch (const Error&) { // NOLINT(bugprone-empty-catch): reading it says what is wrong
    }
    return {};
}

RunCheckpoint describe(std::int64_t step, const fs::path& folder, const RunStatus& status)
{
    RunCheckpoint checkpoint;
    checkpoint.step = step;
    checkpoint.path = fs::absolute(folder).lexically_normal().string();
    std::error_code fault;
    if (fs::exists(folder / checkpointPositionName, fault))
        checkpoint.keeps.emplace_back("state");
    if (fs::exists(folder / "adapter" / "icae.safetensors", fault))
        checkpoint.keeps.emplace_back("adapter");
    if (fs::exists(folder / "base" / "config.json", fault))
        checkpoint.keeps.emplace_back("base");
    checkpoint.loss = lossAt(folder, step);
    checkpoint.best = status.watched && status.watched->bestStep == step;
    if (checkpoint.best && !checkpoint.loss)
        checkpoint.loss = status.watched->best;
    checkpoint.bytes = bytesIn(folder);
    return checkpoint;
}

} // namespace

std::vector<std::pair<std::int64_t, fs::path>> stepsIn(const fs::path& folder)
{
    std::vector<std::pair<std::int64_t, fs::path>> found;
    std::error_code fault;
    for (auto it = fs::directory_iterator(folder, fault); !fault && it != fs::directory_iterator();
         it.increment(fault)) {
        const auto name = it->path().filename().string();
        std::int64_t step = 0;
        if (!name.starts_with(stepPrefix))
            continue;
        const auto [end, error] = std::from_chars(name.data() + stepPrefix.size(), name.data() + name.size(), step);
        if (error == std::errc() && end == name.data() + name.size())
            found.emplace_back(step, it->path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<RunCheckpoint> checkpointsOf(const fs::path& run, const RunStatus& status)
{
    std::vector<RunCheckpoint> all;
    std::error_code fault;
    for (const auto& [step, folder] : stepsIn(run / "checkpoints"))
        if (fs::exists(folder / checkpointDoneName, fault))
            all.push_back(describe(step, folder, status));
    for (const auto& [step, folder] : stepsIn(run / "kept")) {
        auto kept = describe(step, folder, status);
        if (kept.keeps.empty()) // is being written
            continue;
        kept.stays = true;
        all.push_back(std::move(kept));
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
    return all;
}

} // namespace icae

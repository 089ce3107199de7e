#include "study/rate.h"

#include "icae/adapter.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/run_reader.h"
#include "study/spec.h"
#include "tensor/device.h"

#include <algorithm>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t leastSamples = 8; // fewer say more of how a process begins

bool hasSameModels(const StudyConfig& config, const std::vector<FoundModel>& models)
{
    return std::equal(config.models.begin(), config.models.end(), models.begin(), models.end(),
                      [](const StudyModelFacts& facts, const FoundModel& found) {
                          return facts.base == found.paths.base.string()
                              && facts.adapter == found.paths.adapter.string();
                      });
}

/// Seconds that a weight took; nothing where the run says nothing of such a study.
std::optional<double> rateOf(const RunSummary& run, const StudyOutline& study, const std::string& device)
{
    if (run.status.kind != RunKind::Study || run.status.stage != nameOf(study.spec.kind)
        || run.status.step < leastSamples || run.status.seconds <= 0 || run.status.device != device)
        return {};
    try {
        if (!hasSameModels(readStudyConfig(run.folder), study.models))
            return {};
        double weight = 0;
        for (const auto& sample : readAllSamples(run.folder, false).samples)
            weight += weightOf(sample.cell);
        return weight > 0 ? std::optional(run.status.seconds / weight) : std::nullopt;
    } catch (const Error&) { // damaged, or gone meanwhile
        return {};
    }
}

} // namespace

double weightOf(const StudyCell& cell)
{
    return static_cast<double>(cell.batch) * static_cast<double>(cell.tokens + cell.slots + 1);
}

StudyOutline outlineOf(StudySpec spec)
{
    StudyOutline outline;
    outline.models = findStudyModels(spec);
    std::optional<AdapterConfig> adapter;
    if (!outline.models.front().paths.adapter.empty())
        adapter = AdapterFile::open(outline.models.front().paths.adapter).config;
    outline.spec = withDefaults(std::move(spec), adapter ? &*adapter : nullptr);
    outline.cells = cellsOf(outline.spec, outline.models, adapter ? adapter->spanTokens : 0);
    return outline;
}

StudyEstimate estimateAt(double secondsAWeight, const StudySpec& spec, const std::vector<GridCell>& cells)
{
    StudyEstimate estimate;
    for (const auto& unit : unitsOf(spec, cells.size())) {
        const auto seconds = static_cast<double>(unit.count) * weightOf(cells[unit.cell].cell) * secondsAWeight;
        estimate.seconds += seconds;
        if (unit.first == 0)
            estimate.firstSeconds += seconds;
    }
    estimate.samples = std::ssize(cells) * spec.windows;
    return estimate;
}

std::optional<StudyEstimate> estimateByRate(const StudyOutline& study, const std::vector<RunSummary>& runs)
{
    const auto device = describeDevice(chooseDevice(study.spec.device).device);
    std::optional<StudyEstimate> best;
    bool running = false;
    fs::file_time_type latest;
    for (const auto& run : runs) {
        const bool alive = isAlive(run.status.state);
        std::error_code fault;
        const auto changed = fs::last_write_time(run.folder / studyCellsName, fault);
        if (fault || (best && (running > alive || (running == alive && changed <= latest))))
            continue;
        const auto rate = rateOf(run, study, device);
        if (!rate)
            continue;
        best = estimateAt(*rate, study.spec, study.cells);
        best->device = device;
        best->from = run.folder.filename().string();
        running = alive;
        latest = changed;
    }
    return best;
}

} // namespace icae

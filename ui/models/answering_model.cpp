#include "models/answering_model.h"

#include "models/model_tree_model.h"

#include <algorithm>
#include <tuple>

namespace icae {

namespace {

bool has(const std::vector<std::string>& names, const char* name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool answers(const LoadedModel& model)
{
    if (!model.trained.empty())
        return has(model.trained, "ft");
    return has(model.specialTokens, "FT") && folderName(model.adapter) != u"reconstruct";
}

bool answers(const AdapterInfo& adapter, bool ofBaseInUse)
{
    if (!adapter.trained.empty())
        return has(adapter.trained, "ft");
    return ofBaseInUse && folderName(adapter.path) == u"chat";
}

bool findsRoom(const MemoryNeed& need, const LoadedModel& inUse, const DeviceInfo* device)
{
    // The engine lets go of the model in use where another one needs its place.
    return device == nullptr
        || (inUse.dtype == "fp32" ? need.fp32 : need.bf16) <= device->freeBytes + inUse.memoryBytes;
}

} // namespace

std::optional<AnsweringModel> modelForQuestions(const ModelList& list, const LoadedModel& inUse,
                                                const DeviceInfo* device)
{
    if (answers(inUse))
        return std::nullopt;
    std::optional<AnsweringModel> best;
    std::tuple<std::int64_t, bool> bestRank;
    for (const auto& adapter : list.adapters)
        for (const auto& fit : adapter.fits) {
            const bool ofBaseInUse = fit.base == inUse.base;
            const auto base = std::find_if(list.bases.begin(), list.bases.end(),
                                           [&](const BaseInfo& one) { return one.folder == fit.base; });
            if (!fit.doesNotFit.empty() || base == list.bases.end() || !base->problem.empty()
                || adapter.path == inUse.adapter || !answers(adapter, ofBaseInUse)
                || !findsRoom(fit.memoryBytes, inUse, device))
                continue;
            const std::tuple rank(base->parameters, ofBaseInUse);
            if (!best || rank > bestRank) {
                best = {fit.base, adapter.path};
                bestRank = rank;
            }
        }
    return best;
}

} // namespace icae

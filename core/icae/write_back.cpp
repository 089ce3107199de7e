#include "icae/write_back.h"

#include "icae/source_drafter.h"

#include <algorithm>

namespace icae {

namespace {

// Sequences decoded together. Prompts are padded to the longest of a group, which costs a CPU time and a GPU little.
constexpr std::size_t cpuGroup = 48;
constexpr std::size_t gpuGroup = 128;

std::size_t agreed(std::span<const TokenId> source, std::span<const TokenScore> rating)
{
    std::size_t count = 0;
    while (count < source.size() && count < rating.size() && rating[count].rank == 0 && rating[count].beyondDoubt)
        ++count;
    return count;
}

} // namespace

double roundingDoubt(const Model& model)
{
    return model.weights().dtype() == at::kFloat ? 1e-3 : 0.1;
}

Generation writeBack(const Model& model, std::span<const Prompt> prompts, std::span<const TokenIds> sources,
                     std::span<const std::vector<TokenScore>> ratings, const GenerationOptions& options,
                     const TokenCallback& callback, const std::stop_token& stop)
{
    const Reader reader(model);
    Generation all;
    all.ids.resize(prompts.size());
    all.ends.assign(prompts.size(), EndReason::MaxTokens);
    std::vector<std::size_t> unfinished;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        const auto most = static_cast<std::size_t>(std::max<std::int64_t>(0, prompts[i].maxTokens));
        const auto known = std::min(agreed(sources[i], ratings[i]), most);
        all.ids[i].assign(sources[i].begin(), sources[i].begin() + static_cast<std::ptrdiff_t>(known));
        all.accepted += static_cast<std::int64_t>(known);
        all.drafted += static_cast<std::int64_t>(std::min({known + 1, sources[i].size(), most}));
        if (known < most)
            unfinished.push_back(i);
    }
    std::stable_sort(unfinished.begin(), unfinished.end(),
                     [&](std::size_t a, std::size_t b) { return all.ids[a].size() < all.ids[b].size(); });

    bool goesOn = true;
    const auto atOnce = model.device().device.is_cpu() ? cpuGroup : gpuGroup;
    for (std::size_t first = 0; first < unfinished.size(); first += atOnce) {
        const auto group = std::span(unfinished).subspan(first, std::min(atOnce, unfinished.size() - first));
        if (!goesOn || stop.stop_requested()) {
            for (const auto i : group)
                all.ends[i] = EndReason::Stopped;
            continue;
        }
        std::vector<Prompt> from;
        std::vector<TokenIds> drafts;
        for (const auto i : group) {
            from.push_back(reader.after(prompts[i], all.ids[i]));
            drafts.push_back(sources[i]);
        }
        SourceDrafter drafter(std::move(drafts));
        for (std::size_t i = 0; i < group.size(); ++i)
            for (const auto id : all.ids[group[i]])
                drafter.wrote(i, id);
        const auto decoded = reader.generate(
            from, options,
            [&](GeneratedToken token) {
                token.sequence = group[token.sequence];
                goesOn = !callback || callback(token);
                return goesOn;
            },
            stop, &drafter);
        for (std::size_t i = 0; i < group.size(); ++i) {
            auto& ids = all.ids[group[i]];
            ids.insert(ids.end(), decoded.ids[i].begin(), decoded.ids[i].end());
            all.ends[group[i]] = decoded.ends[i];
        }
        all.prefillSeconds += decoded.prefillSeconds;
        all.decodeSeconds += decoded.decodeSeconds;
        all.forwards += decoded.forwards;
        all.drafted += decoded.drafted;
        all.accepted += decoded.accepted;
    }
    return all;
}

} // namespace icae

#include "reading/attribution.h"

#include "protocol/error.h"
#include "reading/reconstruct.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace icae {

namespace {

constexpr std::size_t atOnce = 16; // prompts that are held together; the reader cuts them further
constexpr double share = 0.5; // words that suffer at least so much of the most are held by the slots

std::vector<float> lossesOf(const std::vector<TokenScore>& scores)
{
    std::vector<float> losses;
    for (const auto& score : scores)
        losses.push_back(score.nll);
    return losses;
}

void requireGroup(std::int64_t group)
{
    if (group < 1)
        throw Error(ErrorKind::InvalidInput, "Groups of " + std::to_string(group) + " slots cannot be left out.",
                    "Leave out at least one at a time.");
}

std::vector<LeftOut> groupsOf(std::int64_t first, std::int64_t slots, std::int64_t group)
{
    std::vector<LeftOut> groups;
    for (std::int64_t i = 0; i < slots; i += group)
        groups.push_back({first + i, std::min(group, slots - i)});
    return groups;
}

/// The stretch of tokens around the one that suffers most.
std::pair<std::size_t, std::size_t> stretchOf(const std::vector<double>& rises)
{
    const auto most = std::max_element(rises.begin(), rises.end());
    auto first = static_cast<std::size_t>(most - rises.begin());
    auto last = first;
    while (first > 0 && rises[first - 1] >= share * *most && *most > 0)
        --first;
    while (last + 1 < rises.size() && rises[last + 1] >= share * *most && *most > 0)
        ++last;
    return {first, last};
}

} // namespace

Prompt without(const Prompt& prompt, LeftOut rows)
{
    const c10::InferenceMode noGradients;
    const auto end = rows.row + rows.rows;
    Prompt shorter = prompt;
    shorter.embeddings =
        at::cat({prompt.embeddings.narrow(0, 0, rows.row), prompt.embeddings.narrow(0, end, prompt.length() - end)}, 0);
    shorter.positions.erase(shorter.positions.begin() + rows.row, shorter.positions.begin() + end);
    return shorter;
}

Ablation ablate(const Model& model, const Prompt& prompt, const TokenIds& target, const std::vector<LeftOut>& stretches,
                const ProgressCallback& progress, const std::stop_token& stop)
{
    const Reader reader(model);
    Ablation result;
    result.whole = lossesOf(reader.score(std::span(&prompt, 1), std::span(&target, 1), {}, stop).front());
    Progress state{"Leaving out slots", 0, static_cast<double>(stretches.size()), "groups"};
    for (std::size_t first = 0; first < stretches.size(); first += atOnce) {
        std::vector<Prompt> prompts;
        for (std::size_t i = first; i < std::min(stretches.size(), first + atOnce); ++i)
            prompts.push_back(without(prompt, stretches[i]));
        const std::vector<TokenIds> targets(prompts.size(), target);
        for (const auto& scores : reader.score(prompts, targets, {}, stop))
            result.leftOut.push_back(lossesOf(scores));
        state.done = static_cast<double>(result.leftOut.size());
        if (progress)
            progress(state);
    }
    return result;
}

double meanLoss(const std::vector<float>& losses)
{
    return losses.empty() ? 0.0
                          : std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
}

TokenIds ratedAnswer(const Model& model, const std::string& answer)
{
    auto ids = model.tokenizer()->encodeIds(answer);
    if (ids.empty())
        throw Error(ErrorKind::InvalidInput, "There is no answer to rate.", "Give one of at least one character.");
    ids.push_back(static_cast<TokenId>(model.config().eosId()));
    return ids;
}

Attribution attribute(const Model& model, const ContextPrompt& context, const TokenIds& answer, std::int64_t group,
                      const ProgressCallback& progress, const std::stop_token& stop)
{
    requireGroup(group);
    Attribution result;
    std::vector<LeftOut> stretches;
    for (const auto& placed : context.slots) {
        for (const auto& rows : groupsOf(placed.row, placed.slots, group)) {
            stretches.push_back(rows);
            result.groups.push_back({placed, rows.row - placed.row, rows.rows, 0});
        }
    }
    if (stretches.empty())
        throw Error(ErrorKind::InvalidInput, "No slots are read, so that none can be left out.",
                    "Choose a memory that is read as slots.");
    const auto ablation = ablate(model, context.prompt, answer, stretches, progress, stop);
    result.loss = meanLoss(ablation.whole);
    for (std::size_t i = 0; i < result.groups.size(); ++i)
        result.groups[i].rise = meanLoss(ablation.leftOut[i]) - result.loss;
    return result;
}

ChatMap mapSpan(const Model& model, const Source& source, std::int64_t span, std::int64_t group,
                const ProgressCallback& progress, const std::stop_token& stop)
{
    requireGroup(group);
    if (!source.hasText())
        throw Error(ErrorKind::InvalidInput,
                    "The text of " + source.memory.header.sourceName + " is not known, only its slots.",
                    "Add the text again.");
    const auto refs = chosenSpans(source.memory, {span});
    const auto& of = refs.front().span();
    const auto first = source.tokens.begin() + of.firstToken;
    TokenIds target;
    ChatMap map;
    for (auto token = first; token != first + of.shape.tokens; ++token) {
        target.push_back(token->id);
        map.tokenBegins.push_back(static_cast<std::int64_t>(token->begin));
        map.tokenEnds.push_back(static_cast<std::int64_t>(token->end));
    }
    const auto prompt = Reader(model).prompt(Task::Autoencode, refs, {}, {});
    const auto groups = groupsOf(0, of.shape.slots, group);
    const auto ablation = ablate(model, prompt, target, groups, progress, stop);
    map.loss = meanLoss(ablation.whole);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        SlotTokens tokens{groups[i].row, groups[i].rows, {}, 0, 0};
        std::vector<double> rises;
        for (std::size_t t = 0; t < target.size(); ++t) {
            const auto rise = static_cast<double>(ablation.leftOut[i][t]) - static_cast<double>(ablation.whole[t]);
            rises.push_back(std::isfinite(rise) ? rise : 0); // a token that cannot be costs infinity
            tokens.rises.push_back(std::llround(rises.back() * 1e6));
        }
        const auto [begin, end] = stretchOf(rises);
        tokens.begin = map.tokenBegins[begin];
        tokens.end = map.tokenEnds[end];
        map.groups.push_back(std::move(tokens));
    }
    return map;
}

} // namespace icae

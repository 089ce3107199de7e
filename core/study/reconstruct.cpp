#include "study/reconstruct.h"

#include "measure/bleu.h"
#include "measure/match.h"

#include <algorithm>
#include <numeric>

namespace icae {

namespace {

using Ids = std::vector<std::int32_t>;

/// What one prompt is to write: one span, or all of them.
struct Part {
    std::vector<SpanRef> spans;
    std::int64_t tokens = 0;
    Ids reference; ///< empty where unknown
};

std::vector<Part> partsOf(const Memory& memory, const std::vector<Token>& reference, AeReads reads)
{
    const auto refs = allSpans(std::span(&memory, 1));
    std::vector<Part> parts;
    for (const auto& ref : refs) {
        if (parts.empty() || reads == AeReads::Span)
            parts.emplace_back();
        auto& part = parts.back();
        part.spans.push_back(ref);
        part.tokens += ref.span().shape.tokens;
    }
    std::size_t next = 0;
    for (auto& part : parts)
        for (std::int64_t i = 0; i < part.tokens && next < reference.size(); ++i)
            part.reference.push_back(reference[next++].id);
    return parts;
}

ReconstructionScores textScores(const Tokenizer& tokenizer, const Ids& reference, const Ids& written)
{
    ReconstructionScores scores;
    scores.bleu = sentenceBleu(tokenizer.decode(written), tokenizer.decode(reference)).score;
    scores.em = exactMatchPrefix(reference, written);
    scores.freeTokenAccuracy = tokenAccuracy(reference, written);
    return scores;
}

void addForcedScores(ReconstructionScores& scores, std::span<const TokenScore> tokens)
{
    if (tokens.empty())
        return;
    double nll = 0;
    double hits = 0;
    for (const auto& token : tokens) {
        nll += static_cast<double>(token.nll);
        hits += token.rank == 0 ? 1 : 0;
    }
    scores.loss = nll / static_cast<double>(tokens.size());
    scores.tokenAccuracy = hits / static_cast<double>(tokens.size());
}

} // namespace

Reconstruction reconstruct(const Model& model, const Memory& memory, const std::vector<Token>& reference,
                           GenerationOptions options, const ProgressCallback& progress, const std::stop_token& stop)
{
    const Reader reader(model);
    const auto& tokenizer = *model.tokenizer();
    const auto reads = model.adapter().config.aeReads;
    const auto parts = partsOf(memory, reference, reads);
    std::vector<Prompt> prompts;
    for (const auto& part : parts) {
        prompts.push_back(reader.prompt(Task::Autoencode, part.spans, {}, {}));
        prompts.back().maxTokens = part.tokens;
    }
    options.stopIds = reader.greedy().stopIds;
    Progress state{"Reconstructing", 0, static_cast<double>(memory.header.sourceTokens), "tokens"};
    const auto generation = reader.generate(
        prompts, options,
        [&](const GeneratedToken&) {
            state.done += 1;
            if (progress)
                progress(state);
            return true;
        },
        stop);

    Reconstruction result;
    result.tokens = memory.header.sourceTokens;
    result.slots = memory.header.slots();
    result.ratio = memory.header.ratio();
    result.seconds.prefill = generation.prefillSeconds;
    result.seconds.decode = generation.decodeSeconds;
    result.stopped = stop.stop_requested();
    result.device = describeDevice(model.device().device);
    result.model = model.paths().base.string();
    result.adapter = model.paths().adapter.string();
    Ids written;
    for (const auto& ids : generation.ids)
        written.insert(written.end(), ids.begin(), ids.end());
    result.generatedTokens = static_cast<std::int64_t>(written.size());
    result.text = tokenizer.decode(written);

    std::vector<std::vector<TokenScore>> forced(parts.size());
    if (!reference.empty() && !result.stopped) {
        std::vector<Ids> targets;
        for (const auto& part : parts) {
            targets.push_back(part.reference);
            targets.back().push_back(options.stopIds.front());
        }
        forced = reader.score(prompts, targets, {}, stop);
        Ids source;
        for (const auto& token : reference)
            source.push_back(token.id);
        result.scores = textScores(tokenizer, source, written);
        std::vector<TokenScore> all;
        for (const auto& scores : forced)
            all.insert(all.end(), scores.begin(), scores.end());
        addForcedScores(*result.scores, all);
    }

    // Where one prompt wrote all spans, each gets its share of the tokens.
    for (std::size_t p = 0; p < parts.size(); ++p) {
        std::size_t first = 0;
        for (const auto& ref : parts[p].spans) {
            const auto count = static_cast<std::size_t>(ref.span().shape.tokens);
            const bool last = &ref == &parts[p].spans.back();
            const auto slice = [&](const Ids& ids) {
                const auto begin = std::min(first, ids.size());
                const auto end = last ? ids.size() : std::min(first + count, ids.size());
                return Ids(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                           ids.begin() + static_cast<std::ptrdiff_t>(end));
            };
            SpanReconstruction span;
            span.tokens = ref.span().shape.tokens;
            span.slots = ref.span().shape.slots;
            const auto ids = slice(generation.ids[p]);
            span.text = tokenizer.decode(ids);
            if (result.scores) {
                span.scores = textScores(tokenizer, slice(parts[p].reference), ids);
                const auto length = std::min(forced[p].size() - first, last ? forced[p].size() : count);
                addForcedScores(*span.scores, std::span(forced[p]).subspan(first, length));
            }
            result.spans.push_back(std::move(span));
            first += count;
        }
    }
    return result;
}

} // namespace icae

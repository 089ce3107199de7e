#include "reading/reconstruct.h"

#include "icae/source_drafter.h"
#include "measure/bleu.h"
#include "measure/match.h"
#include "protocol/error.h"
#include "reading/rating.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>

namespace icae {

namespace {

using Ids = std::vector<std::int32_t>;

/// What one prompt is to write: one span, or all that were chosen.
struct Part {
    std::vector<SpanRef> spans;
    std::int64_t tokens = 0;
    std::vector<Token> reference; ///< empty where unknown
    std::size_t firstSpan = 0; ///< index of its first span among the chosen ones
};

Ids idsOf(const std::vector<Token>& tokens)
{
    Ids ids;
    for (const auto& token : tokens)
        ids.push_back(token.id);
    return ids;
}

std::vector<Part> partsOf(const Source& source, const std::vector<std::int64_t>& indices, AeReads reads)
{
    const auto refs = chosenSpans(source.memory, indices);
    std::vector<Part> parts;
    for (std::size_t i = 0; i < refs.size(); ++i) {
        const auto& span = refs[i].span();
        if (parts.empty() || reads == AeReads::Span)
            parts.push_back({{}, 0, {}, i});
        auto& part = parts.back();
        part.spans.push_back(refs[i]);
        part.tokens += span.shape.tokens;
        const auto first = std::min(source.tokens.size(), static_cast<std::size_t>(span.firstToken));
        const auto count = std::min(source.tokens.size() - first, static_cast<std::size_t>(span.shape.tokens));
        const auto begin = source.tokens.begin() + static_cast<std::ptrdiff_t>(first);
        part.reference.insert(part.reference.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
    }
    return parts;
}

std::vector<Prompt> promptsOf(const Reader& reader, const std::vector<Part>& parts)
{
    std::vector<Prompt> prompts;
    for (const auto& part : parts) {
        prompts.push_back(reader.prompt(Task::Autoencode, part.spans, {}, {}));
        prompts.back().maxTokens = part.tokens;
    }
    return prompts;
}

/// Told how many tokens have been rated since the last time.
using RatedCallback = std::function<void(std::int64_t tokens)>;

/// Tells how far rating so many tokens has come.
RatedCallback ratingOf(std::int64_t total, const ProgressCallback& progress)
{
    if (!progress)
        return [](std::int64_t /*tokens*/) {};
    Progress begun{"Measuring", 0, static_cast<double>(total), "tokens"};
    progress(begun);
    return [progress, state = std::move(begun)](std::int64_t tokens) mutable {
        state.done += static_cast<double>(tokens);
        progress(state);
    };
}

/// As Reader::score(), a few forwards at a time.
std::vector<std::vector<TokenScore>> scoreInGroups(const Model& model, std::span<const Prompt> prompts,
                                                   std::span<const Ids> targets, const ScoreOptions& options,
                                                   const RatedCallback& rated, const std::stop_token& stop)
{
    const std::int64_t most = model.device().device.is_cpu() ? 4096 : 65536; // tokens
    const Reader reader(model);
    std::vector<std::vector<TokenScore>> all;
    while (all.size() < prompts.size()) {
        const auto first = all.size();
        auto end = first;
        for (std::int64_t read = 0; end < prompts.size() && read < most; ++end)
            read += prompts[end].length() + std::ssize(targets[end]);
        std::int64_t tokens = 0;
        for (auto& scores :
             reader.score(prompts.subspan(first, end - first), targets.subspan(first, end - first), options, stop)) {
            tokens += std::ssize(scores);
            all.push_back(std::move(scores));
        }
        rated(tokens);
    }
    return all;
}

/// Teacher forcing: each part's reference and EOS behind it, rated.
std::vector<std::vector<TokenScore>> forceReferences(const Model& model, const std::vector<Prompt>& prompts,
                                                     const std::vector<Part>& parts, const ScoreOptions& options,
                                                     const RatedCallback& rated, const std::stop_token& stop)
{
    const auto eos = Reader(model).greedy().stopIds.front();
    std::vector<Ids> targets;
    for (const auto& part : parts) {
        targets.push_back(idsOf(part.reference));
        targets.back().push_back(eos);
    }
    return scoreInGroups(model, prompts, targets, options, rated, stop);
}

/// Tokens that forceReferences() rates.
std::int64_t forcedTokens(const std::vector<Part>& parts)
{
    auto tokens = std::ssize(parts); // an EOS each
    for (const auto& part : parts)
        tokens += std::ssize(part.reference);
    return tokens;
}

std::vector<TokenScore> joined(const std::vector<std::vector<TokenScore>>& scores)
{
    std::vector<TokenScore> all;
    for (const auto& some : scores)
        all.insert(all.end(), some.begin(), some.end());
    return all;
}

ReconstructionScores scoresOf(const Tokenizer& tokenizer, const Ids& reference, const Ids& written,
                              std::span<const TokenScore> forced)
{
    ReconstructionScores scores;
    scores.bleu = sentenceBleu(tokenizer.decode(written), tokenizer.decode(reference)).score;
    scores.em = exactMatchPrefix(reference, written);
    scores.freeTokenAccuracy = tokenAccuracy(reference, written);
    const auto mean = forcedScores(forced);
    scores.loss = mean.loss;
    scores.tokenAccuracy = mean.accuracy;
    return scores;
}

/// Where a part's tokens belong to several spans, each gets its share, and the last one what is left over.
std::size_t spanOfToken(const Part& part, std::size_t token)
{
    std::size_t index = 0;
    for (std::size_t end = 0; index + 1 < part.spans.size(); ++index) {
        end += static_cast<std::size_t>(part.spans[index].span().shape.tokens);
        if (token < end)
            break;
    }
    return index;
}

std::vector<ScoredToken> ratedReference(const Tokenizer& tokenizer, const std::vector<Part>& parts,
                                        const std::vector<std::vector<TokenScore>>& forced, std::int32_t eos)
{
    std::vector<ScoredToken> rated;
    for (std::size_t p = 0; p < parts.size(); ++p) {
        const auto& reference = parts[p].reference;
        for (std::size_t i = 0; i < forced[p].size(); ++i) {
            const bool isEos = i == reference.size();
            const auto end = reference.empty() ? 0 : reference.back().end;
            const auto span = static_cast<std::int64_t>(parts[p].firstSpan + spanOfToken(parts[p], i));
            rated.push_back(ratedToken(tokenizer, isEos ? Token{eos, end, end} : reference[i], span, forced[p][i]));
        }
    }
    return rated;
}

/// One reconstruction's way from slots to a report.
class Reconstructing {
public:
    Reconstructing(const Model& model, const Source& source, const ReconstructOptions& options)
        : m_model(model)
        , m_source(source)
        , m_options(options)
        , m_reader(model)
        , m_parts(partsOf(source, options.spans, model.adapter().config.aeReads))
        , m_prompts(promptsOf(m_reader, m_parts))
    {
        for (const auto& part : m_parts) {
            m_result.tokens += part.tokens;
            for (const auto& ref : part.spans)
                m_result.slots += ref.span().shape.slots;
        }
        m_result.ratio = static_cast<double>(m_result.tokens) / static_cast<double>(m_result.slots);
        m_result.seconds.compress = source.compressSeconds;
        m_result.device = describeDevice(model.device().device);
        m_result.model = model.paths().base.string();
        m_result.adapter = model.paths().adapter.string();
    }

    void write(const ReadListener& listener, const std::stop_token& stop)
    {
        auto options = m_reader.greedy();
        options.sampling = m_options.sampling;
        if (m_source.hasText() && m_options.decoding == Decoding::Drafted && options.sampling.greedy)
            m_result.decoding = Decoding::Drafted;
        Progress state{"Reconstructing", 0, static_cast<double>(m_result.tokens), "tokens"};
        m_written.ids.resize(m_parts.size());
        m_written.ends.assign(m_parts.size(), EndReason::Stopped);
        const auto atOnce = partsAtOnce();
        for (std::size_t first = 0; first < m_parts.size() && !stop.stop_requested(); first += atOnce)
            writeGroup(
                first, std::min(atOnce, m_parts.size() - first), options,
                [&](GeneratedToken token) {
                    token.sequence += first;
                    state.done += 1;
                    if (listener.progress)
                        listener.progress(state);
                    if (listener.token)
                        listener.token(m_parts.size(), token);
                    return true;
                },
                stop);
        m_result.forwards = m_written.forwards;
        m_result.accepted = m_written.accepted;
        m_result.seconds.prefill = m_written.prefillSeconds;
        m_result.seconds.decode = m_written.decodeSeconds;
        m_result.stopped = stop.stop_requested();
        for (const auto& ids : m_written.ids)
            m_ids.insert(m_ids.end(), ids.begin(), ids.end());
        m_located = locateTokens(m_model.tokenizer(), m_ids);
        m_result.generatedTokens = static_cast<std::int64_t>(m_ids.size());
        m_result.text = m_model.tokenizer()->decode(m_ids);
    }

    /// Rates what was written and what should have been; a stop request here costs only the ratings.
    void rate(const ReadListener& listener, const std::stop_token& stop)
    {
        if (m_result.stopped || !(m_source.hasText() || m_options.tokens))
            return;
        const bool compares = m_source.hasText();
        const auto rated = ratingOf((compares ? forcedTokens(m_parts) : 0) + (m_options.tokens ? std::ssize(m_ids) : 0),
                                    listener.progress);
        try {
            const ScoreOptions details{m_options.tokens, m_options.tokens ? m_options.alternatives : 0};
            if (compares)
                m_forced = forceReferences(m_model, m_prompts, m_parts, details, rated, stop);
            if (m_options.tokens)
                m_free = scoreInGroups(m_model, m_prompts, m_written.ids, details, rated, stop);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Cancelled)
                throw;
            m_forced.clear();
            m_result.stopped = true;
        }
    }

    Reconstruction report()
    {
        const auto& tokenizer = *m_model.tokenizer();
        if (!m_forced.empty()) {
            Ids reference;
            for (const auto& part : m_parts)
                for (const auto& token : part.reference)
                    reference.push_back(token.id);
            m_result.scores = scoresOf(tokenizer, reference, m_ids, joined(m_forced));
            if (m_options.tokens)
                m_result.forcedTokens = ratedReference(tokenizer, m_parts, m_forced, m_reader.greedy().stopIds.front());
        }
        std::size_t written = 0;
        for (std::size_t p = 0; p < m_parts.size(); ++p) {
            addSpans(p, written);
            written += m_written.ids[p].size();
        }
        return std::move(m_result);
    }

private:
    /// How many parts fit at once, with their caches and what is computed beside them.
    std::size_t partsAtOnce() const
    {
        std::int64_t longest = 1;
        for (const auto& prompt : m_prompts)
            longest = std::max(longest, prompt.length() + prompt.maxTokens);
        const auto& c = m_model.config();
        const auto dtype = m_model.weights().dtype();
        constexpr std::int64_t logits = 4; // rows at once: themselves, as floats, sorted, as probabilities
        const auto beside =
            (logits * c.vocabSize + 4 * (c.hiddenSize + c.intermediateSize)) * static_cast<std::int64_t>(sizeof(float));
        const auto one = KvCache::bytes(c, 1, longest, dtype) + beside;
        const auto device = m_model.device().device;
        auto room = m_options.roomBytes > 0 ? m_options.roomBytes : deviceMemory(device).free / 2;
        if (device.is_cpu()) // where more at once is not faster
            room = std::min(room, std::int64_t{768} << 20U);
        return static_cast<std::size_t>(std::max<std::int64_t>(1, room / one));
    }

    void writeGroup(std::size_t first, std::size_t count, const GenerationOptions& options,
                    const TokenCallback& callback, const std::stop_token& stop)
    {
        std::vector<Ids> references;
        for (std::size_t i = first; i < first + count; ++i)
            references.push_back(idsOf(m_parts[i].reference));
        SourceDrafter drafter(std::move(references));
        const auto written = m_reader.generate(std::span(m_prompts).subspan(first, count), options, callback, stop,
                                               m_result.decoding == Decoding::Drafted ? &drafter : nullptr);
        std::copy(written.ids.begin(), written.ids.end(), m_written.ids.begin() + static_cast<std::ptrdiff_t>(first));
        std::copy(written.ends.begin(), written.ends.end(),
                  m_written.ends.begin() + static_cast<std::ptrdiff_t>(first));
        m_written.forwards += written.forwards;
        m_written.accepted += written.accepted;
        m_written.prefillSeconds += written.prefillSeconds;
        m_written.decodeSeconds += written.decodeSeconds;
    }

    /// @param written tokens of earlier parts
    void addSpans(std::size_t p, std::size_t written)
    {
        const auto& tokenizer = *m_model.tokenizer();
        const auto& part = m_parts[p];
        const auto& ids = m_written.ids[p];
        const auto textEnd = [&] { return m_result.spans.empty() ? 0 : m_result.spans.back().end; };
        std::size_t first = 0;
        for (const auto& ref : part.spans) {
            const auto count = static_cast<std::size_t>(ref.span().shape.tokens);
            const bool last = &ref == &part.spans.back();
            const auto begin = std::min(first, ids.size());
            const auto end = last ? ids.size() : std::min(first + count, ids.size());
            const Ids slice(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                            ids.begin() + static_cast<std::ptrdiff_t>(end));
            SpanReconstruction span;
            span.index = static_cast<std::int64_t>(ref.index);
            span.tokens = ref.span().shape.tokens;
            span.slots = ref.span().shape.slots;
            span.sourceBegin = static_cast<std::int64_t>(ref.span().beginByte);
            span.sourceEnd = static_cast<std::int64_t>(ref.span().endByte);
            span.begin = textEnd();
            span.end = end > begin ? static_cast<std::int64_t>(m_located[written + end - 1].end) : span.begin;
            span.text = tokenizer.decode(slice);
            span.stopped = m_written.ends[p] == EndReason::Stopped;
            if (!m_forced.empty()) {
                const auto& reference = part.reference;
                const auto from = reference.begin() + static_cast<std::ptrdiff_t>(std::min(first, reference.size()));
                const auto to =
                    reference.begin() + static_cast<std::ptrdiff_t>(std::min(first + count, reference.size()));
                const auto forced = std::span(m_forced[p]).subspan(first);
                span.scores = scoresOf(tokenizer, idsOf({from, to}), slice, last ? forced : forced.first(count));
            }
            const auto index = static_cast<std::int64_t>(m_result.spans.size());
            for (std::size_t i = begin; !m_free.empty() && i < end; ++i)
                m_result.freeTokens.push_back(ratedToken(tokenizer, m_located[written + i], index, m_free[p][i]));
            m_result.spans.push_back(std::move(span));
            first += count;
        }
    }

    const Model& m_model;
    const Source& m_source;
    const ReconstructOptions& m_options;
    Reader m_reader;
    std::vector<Part> m_parts;
    std::vector<Prompt> m_prompts;
    Generation m_written;
    Ids m_ids; ///< of all parts
    std::vector<Token> m_located; ///< the same in the text
    std::vector<std::vector<TokenScore>> m_forced; ///< a part; empty where there is no text
    std::vector<std::vector<TokenScore>> m_free; ///< a part; empty where not asked for
    Reconstruction m_result;
};

ScoreResult scoreResult(const Model& model, const std::vector<std::vector<TokenScore>>& scores, double seconds)
{
    ScoreResult result;
    const auto mean = forcedScores(joined(scores));
    result.loss = mean.loss;
    result.tokenAccuracy = mean.accuracy;
    result.seconds = seconds;
    result.device = describeDevice(model.device().device);
    return result;
}

double secondsSince(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

std::vector<SpanRef> chosenSpans(const Memory& memory, const std::vector<std::int64_t>& indices)
{
    auto all = allSpans(std::span(&memory, 1));
    if (indices.empty())
        return all;
    std::vector<SpanRef> chosen;
    std::vector<bool> taken(all.size(), false);
    for (const auto index : indices) {
        if (index < 0 || index >= static_cast<std::int64_t>(all.size()))
            throw Error(ErrorKind::InvalidInput,
                        "There is no span " + std::to_string(index + 1) + ": the memory has "
                            + std::to_string(all.size()) + ".",
                        "Choose among the spans that are there.");
        const auto at = static_cast<std::size_t>(index);
        if (taken[at])
            throw Error(ErrorKind::InvalidInput, "The span " + std::to_string(index + 1) + " is named twice.",
                        "Name each span once.");
        taken[at] = true;
        chosen.push_back(all[at]);
    }
    return chosen;
}

Reconstruction reconstruct(const Model& model, const Source& source, const ReconstructOptions& options,
                           const ReadListener& listener, const std::stop_token& stop)
{
    Reconstructing reconstructing(model, source, options);
    reconstructing.write(listener, stop);
    reconstructing.rate(listener, stop);
    return reconstructing.report();
}

ScoreResult scoreSource(const Model& model, const Source& source, const std::vector<std::int64_t>& spans,
                        std::int64_t alternatives, const ProgressCallback& progress, const std::stop_token& stop)
{
    if (!source.hasText())
        throw Error(ErrorKind::InvalidInput, "The text that the memory was made from is not known.",
                    "Give the text beside the memory.");
    const Reader reader(model);
    const auto parts = partsOf(source, spans, model.adapter().config.aeReads);
    const auto start = std::chrono::steady_clock::now();
    const auto forced = forceReferences(model, promptsOf(reader, parts), parts, {true, alternatives},
                                        ratingOf(forcedTokens(parts), progress), stop);
    auto result = scoreResult(model, forced, secondsSince(start));
    result.tokens = ratedReference(*model.tokenizer(), parts, forced, reader.greedy().stopIds.front());
    return result;
}

ScoreResult scoreContinuation(const Model& model, const Source& source, const std::vector<std::int64_t>& spans,
                              const std::string& target, std::int64_t alternatives, const std::stop_token& stop)
{
    const auto tokens = model.tokenizer()->encode(target);
    if (tokens.empty())
        throw Error(ErrorKind::InvalidInput, "There is no text to rate.", "Give the text that goes on.");
    const Reader reader(model);
    const auto prompt = reader.prompt(Task::Continue, chosenSpans(source.memory, spans), {}, {});
    const auto ids = idsOf(tokens);
    const auto start = std::chrono::steady_clock::now();
    const auto scores = reader.score(std::span(&prompt, 1), std::span(&ids, 1), {true, alternatives}, stop);
    auto result = scoreResult(model, scores, secondsSince(start));
    for (std::size_t i = 0; i < tokens.size(); ++i)
        result.tokens.push_back(ratedToken(*model.tokenizer(), tokens[i], 0, scores.front()[i]));
    return result;
}

} // namespace icae

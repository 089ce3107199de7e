#include "study/meter.h"

#include "icae/source_drafter.h"
#include "measure/bleu.h"
#include "measure/match.h"
#include "protocol/error.h"
#include "reading/rating.h"
#include "study/position.h"
#include "study/question_asker.h"
#include "text/spans.h"

#include <algorithm>
#include <chrono>

namespace icae {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

at::Tensor idTensor(std::span<const TokenIds> rows)
{
    auto ids = at::empty({std::ssize(rows), std::ssize(rows.front())}, at::kLong);
    for (std::size_t i = 0; i < rows.size(); ++i)
        std::copy(rows[i].begin(), rows[i].end(), ids.data_ptr<int64_t>() + static_cast<int64_t>(i) * ids.size(1));
    return ids;
}

std::optional<std::int64_t> firstMiss(const TokenIds& reference, const TokenIds& written)
{
    const auto place = std::mismatch(reference.begin(), reference.end(), written.begin(), written.end()).first;
    if (place == reference.end() && written.size() == reference.size())
        return {};
    return place - reference.begin();
}

void rate(StudySample& sample, std::span<const TokenScore> scores, std::size_t bytes)
{
    const auto forced = forcedScores(scores);
    sample.loss = forced.loss;
    sample.tokenAccuracy = forced.accuracy;
    if (bytes > 0)
        sample.lossPerByte = forced.loss * static_cast<double>(scores.size()) / static_cast<double>(bytes);
}

} // namespace

StudyMeter::StudyMeter(const StudySpec& spec, const StudyData& data, std::shared_ptr<const Model> model,
                       std::shared_ptr<const Model> reference)
    : m_spec(spec)
    , m_data(data)
    , m_model(std::move(model))
    , m_reference(std::move(reference))
    , m_compressor(*m_model)
    , m_reader(*m_model)
{
}

std::vector<StudySample> StudyMeter::measure(const StudyCell& cell, std::int64_t first, std::int64_t count,
                                             const std::function<void()>& between, const std::stop_token& stop)
{
    const c10::InferenceMode noGradients;
    m_between = between;
    m_stop = stop;
    const auto start = Clock::now();
    std::vector<StudySample> samples;
    switch (m_spec.kind) {
    case StudyKind::Continuation:
        samples = continueText(cell, first, count);
        break;
    case StudyKind::Latency:
        samples = time(cell, first, count);
        break;
    case StudyKind::Questions:
        samples = answer(cell, first, count);
        break;
    case StudyKind::Length:
    case StudyKind::Slots:
    case StudyKind::Content:
    case StudyKind::Models:
    case StudyKind::Position:
        samples = reconstruct(cell, windowsOf(cell), first, count);
        break;
    }
    const auto share = secondsSince(start) / static_cast<double>(std::max<std::size_t>(1, samples.size()));
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i].cell = cell;
        samples[i].index = first + static_cast<std::int64_t>(i);
        samples[i].seconds = share;
    }
    return samples;
}

void StudyMeter::pause()
{
    if (m_between)
        m_between();
    if (m_stop.stop_requested())
        throw Error(ErrorKind::Cancelled, "The study was stopped.", {});
}

const StudyMeter::Windows& StudyMeter::windowsOf(const StudyCell& cell)
{
    auto [found, isNew] = m_windows.try_emplace({cell.tokens, cell.content});
    if (isNew) {
        auto windows = cutWindows(*m_reference, m_data.texts, cell.tokens, m_spec.windows);
        if (m_model != m_reference)
            windows = sameBytes(*m_model, m_data.texts, std::move(windows));
        found->second = withContent(*m_model, std::move(windows), cell.content, m_spec.seed);
    }
    return found->second;
}

std::pair<std::vector<std::vector<SpanShape>>, std::vector<at::Tensor>>
StudyMeter::compress(std::span<const StudyWindow> windows, std::int64_t spans, std::int64_t slots)
{
    // Spans of equal lengths are compressed together, in the order in which they come.
    std::map<std::size_t, std::vector<std::pair<std::size_t, std::size_t>>> byLength; // → window, span
    std::vector<std::vector<SpanShape>> shapes(windows.size());
    std::vector<std::vector<at::Tensor>> parts(windows.size());
    std::vector<std::vector<TokenIds>> pieces(windows.size());
    const auto longest = static_cast<std::size_t>(m_model->adapter().config.spanTokens);
    for (std::size_t w = 0; w < windows.size(); ++w) {
        const auto& ids = windows[w].ids;
        const auto wanted = (ids.size() + static_cast<std::size_t>(spans) - 1) / static_cast<std::size_t>(spans);
        for (const auto& range : planSpans(ids.size(), std::min(longest, wanted))) {
            const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(range.first);
            byLength[range.count].emplace_back(w, pieces[w].size());
            pieces[w].emplace_back(begin, begin + static_cast<std::ptrdiff_t>(range.count));
            shapes[w].push_back({static_cast<std::int64_t>(range.count), slots});
        }
        parts[w].resize(pieces[w].size());
    }
    for (const auto& [length, members] : byLength) {
        std::vector<TokenIds> rows;
        for (const auto& [w, s] : members)
            rows.push_back(pieces[w][s]);
        pause();
        const auto encoded = m_compressor.encode(
            idTensor(rows), slots, [this](const Progress&) { pause(); }, m_stop);
        for (std::size_t i = 0; i < members.size(); ++i)
            parts[members[i].first][members[i].second] = encoded[static_cast<int64_t>(i)];
    }
    std::vector<at::Tensor> all;
    for (const auto& some : parts)
        all.push_back(at::cat(some, 0));
    return {std::move(shapes), std::move(all)};
}

StudyMeter::Written StudyMeter::writeBack(const StudyCell& cell, std::span<const StudyWindow> windows)
{
    const auto [shapes, slots] = compress(windows, cell.spans, cell.slots / cell.spans);
    const bool bySpan = m_model->adapter().config.aeReads == AeReads::Span;
    const auto eos = static_cast<TokenId>(m_model->config().eosId());
    std::vector<Prompt> prompts;
    std::vector<TokenIds> targets;
    std::vector<std::size_t> owner; // the window of each prompt
    for (std::size_t w = 0; w < windows.size(); ++w) {
        std::int64_t firstToken = 0;
        std::int64_t firstSlot = 0;
        const auto add = [&](std::span<const SpanShape> spans) {
            std::int64_t tokens = 0;
            std::int64_t count = 0;
            for (const auto& shape : spans) {
                tokens += shape.tokens;
                count += shape.slots;
            }
            prompts.push_back(m_reader.prompt(Task::Autoencode, spans, slots[w].narrow(0, firstSlot, count), {}, {}));
            prompts.back().maxTokens = tokens;
            const auto begin = windows[w].ids.begin() + firstToken;
            targets.emplace_back(begin, begin + tokens);
            targets.back().push_back(eos);
            owner.push_back(w);
            firstToken += tokens;
            firstSlot += count;
        };
        if (bySpan)
            for (const auto& shape : shapes[w])
                add(std::span(&shape, 1));
        else
            add(shapes[w]);
    }
    pause();
    const auto scores = m_reader.score(prompts, targets, {}, m_stop);
    pause();
    auto options = m_reader.greedy();
    if (m_spec.temperature > 0) {
        options.sampling.greedy = false;
        options.sampling.temperature = m_spec.temperature;
        options.sampling.seed = static_cast<std::uint64_t>(m_spec.seed);
    }
    auto sources = targets;
    for (auto& source : sources)
        source.pop_back(); // EOS is no part of the text
    SourceDrafter drafter(std::move(sources));
    const auto generation = m_reader.generate(
        prompts, options,
        [this](const GeneratedToken& token) {
            if (token.sequence == 0 && m_between)
                m_between();
            return true;
        },
        m_stop, &drafter);
    pause();
    Written written{std::vector<TokenIds>(windows.size()), std::vector<std::vector<TokenScore>>(windows.size())};
    for (std::size_t p = 0; p < prompts.size(); ++p) {
        auto& ids = written.ids[owner[p]];
        ids.insert(ids.end(), generation.ids[p].begin(), generation.ids[p].end());
        auto& rated = written.scores[owner[p]];
        rated.insert(rated.end(), scores[p].begin(), scores[p].end());
    }
    return written;
}

std::vector<StudySample> StudyMeter::reconstruct(const StudyCell& cell, const Windows& windows, std::int64_t first,
                                                 std::int64_t count)
{
    const auto end = std::min(first + count, std::ssize(windows));
    if (first >= end)
        return {};
    const auto some =
        std::span(windows).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
    const auto written = writeBack(cell, some);
    const auto& tokenizer = *m_model->tokenizer();
    std::vector<StudySample> samples;
    for (std::size_t i = 0; i < some.size(); ++i) {
        StudySample sample;
        sample.text = some[i].text;
        sample.begin = some[i].begin;
        sample.end = some[i].end;
        sample.referenceIds = some[i].ids;
        sample.writtenIds = written.ids[i];
        sample.reference = tokenizer.decode(sample.referenceIds);
        sample.written = tokenizer.decode(sample.writtenIds);
        sample.bleu = sentenceBleu(sample.written, sample.reference).score;
        sample.em = exactMatchPrefix(sample.referenceIds, sample.writtenIds);
        sample.freeTokenAccuracy = tokenAccuracy(sample.referenceIds, sample.writtenIds);
        sample.firstMiss = firstMiss(sample.referenceIds, sample.writtenIds);
        rate(sample, written.scores[i], sample.reference.size());
        if (m_spec.kind == StudyKind::Position) {
            pause();
            sample.misses = missesOf(*m_model, m_reader, some[i].ids, written.scores[i], m_stop);
        }
        samples.push_back(std::move(sample));
    }
    return samples;
}

std::vector<StudySample> StudyMeter::continueText(const StudyCell& cell, std::int64_t first, std::int64_t count)
{
    // The texts follow each other with BOS before each, as continuation() reads them; windows lie at equal distances.
    const auto bos = static_cast<TokenId>(m_model->config().bosId);
    if (m_stream.empty())
        for (const auto& text : m_data.texts) {
            m_stream.push_back({text.id, 0, 0, {bos}});
            for (const auto& token : m_model->tokenizer()->encode(text.content))
                m_stream.push_back({text.id,
                                    static_cast<std::int64_t>(token.begin),
                                    static_cast<std::int64_t>(token.end),
                                    {token.id}});
        }
    const auto window = cell.tokens + m_spec.tokens;
    const auto room = std::ssize(m_stream) - window;
    if (room < 0 || m_spec.tokens < 2)
        throw Error(ErrorKind::InvalidInput,
                    "The texts have " + std::to_string(m_stream.size()) + " tokens, and a sample needs "
                        + std::to_string(window) + ".",
                    "Give more text, or fewer spans.");
    std::vector<StudySample> samples;
    for (auto i = first; i < std::min(first + count, m_spec.windows); ++i) {
        const auto start = m_spec.windows > 1 ? room * i / (m_spec.windows - 1) : 0;
        const auto ids = [&](std::int64_t from, std::int64_t to) {
            TokenIds some;
            for (auto at = start + from; at < start + to; ++at)
                some.push_back(m_stream[static_cast<std::size_t>(at)].ids.front());
            return some;
        };
        const auto given = ids(0, cell.tokens);
        const auto next = ids(cell.tokens, cell.tokens + 1);
        const std::vector<TokenIds> targets(1, ids(cell.tokens + 1, window));
        const auto readText = [&](const TokenIds& context) {
            auto all = context;
            all.push_back(next.front());
            return m_reader.plain(all);
        };
        std::vector<Prompt> prompts(1);
        switch (cell.context) {
        case StudyContext::Text:
            prompts.front() = readText(given);
            break;
        case StudyContext::Nothing:
            prompts.front() = readText({});
            break;
        case StudyContext::Cut: {
            const auto slots = m_spec.slots.empty() ? 0 : m_spec.slots.front() * cell.spans;
            prompts.front() = readText(ids(std::max<std::int64_t>(0, cell.tokens - slots), cell.tokens));
            break;
        }
        case StudyContext::Slots: {
            const StudyWindow whole{{}, 0, 0, given};
            const auto [shapes, slots] = compress(std::span(&whole, 1), cell.spans, cell.slots / cell.spans);
            prompts.front() = m_reader.prompt(Task::Continue, shapes.front(), slots.front(), {}, next);
            break;
        }
        }
        pause();
        const auto scores = m_reader.score(prompts, targets, {}, m_stop);
        StudySample sample;
        const auto& begin = m_stream[static_cast<std::size_t>(start)];
        const auto& last = m_stream[static_cast<std::size_t>(start + window - 1)];
        sample.text = begin.text == last.text ? begin.text : begin.text + " to " + last.text;
        sample.begin = begin.begin;
        sample.end = last.end;
        sample.referenceIds = targets.front();
        sample.reference = m_model->tokenizer()->decode(sample.referenceIds);
        rate(sample, scores.front(), sample.reference.size());
        samples.push_back(std::move(sample));
    }
    return samples;
}

std::vector<StudySample> StudyMeter::answer(const StudyCell& cell, std::int64_t first, std::int64_t count)
{
    constexpr std::int64_t mostTokens = 96;
    const QuestionAsker asker(*m_model);
    const auto all = std::min(m_spec.windows, std::ssize(m_data.questions));
    std::vector<StudySample> samples;
    std::vector<Prompt> prompts;
    std::vector<TokenIds> targets;
    for (auto i = first; i < std::min(first + count, all); ++i) {
        const auto row = static_cast<std::size_t>(i * std::ssize(m_data.questions) / all);
        const auto& question = m_data.questions[row];
        auto prompt = cell.context == StudyContext::Slots ? asker.withSlots(question)
            : cell.context == StudyContext::Text          ? asker.withText(question)
                                                          : asker.withNothing(question);
        prompt.maxTokens = mostTokens;
        prompts.push_back(std::move(prompt));
        StudySample sample;
        sample.text = std::to_string(row + 1);
        sample.end = static_cast<std::int64_t>(question.input.size());
        sample.question = question.prompt;
        sample.reference = question.answer;
        sample.referenceIds = m_model->tokenizer()->encodeIds(question.answer);
        targets.push_back(sample.referenceIds);
        targets.back().push_back(static_cast<TokenId>(m_model->config().eosId()));
        samples.push_back(std::move(sample));
        pause();
    }
    if (samples.empty())
        return samples;
    const auto scores = m_reader.score(prompts, targets, {}, m_stop);
    pause();
    const auto generation = m_reader.generate(
        prompts, m_reader.greedy(),
        [this](const GeneratedToken& token) {
            if (token.sequence == 0 && m_between)
                m_between();
            return true;
        },
        m_stop);
    pause();
    for (std::size_t i = 0; i < samples.size(); ++i) {
        auto& sample = samples[i];
        sample.writtenIds = generation.ids[i];
        sample.written = m_model->tokenizer()->decode(sample.writtenIds);
        sample.exact = answersMatch(sample.reference, sample.written) ? 1 : 0;
        sample.f1 = wordF1(sample.reference, sample.written);
        rate(sample, scores[i], sample.reference.size());
    }
    return samples;
}

std::vector<StudySample> StudyMeter::time(const StudyCell& cell, std::int64_t first, std::int64_t count)
{
    const auto device = m_model->device().device;
    const auto timed = [&](const std::function<void()>& action) {
        synchronize(device);
        const auto start = Clock::now();
        action();
        synchronize(device);
        return secondsSince(start);
    };
    std::vector<StudySample> samples;
    for (auto i = first; i < std::min(first + count, m_spec.windows); ++i) {
        // What is read decides nothing about how long it takes; the texts are long enough or are read again.
        std::vector<StudyWindow> windows(static_cast<std::size_t>(cell.batch));
        TokenIds all;
        for (std::size_t t = 0; std::ssize(all) < cell.tokens * cell.batch; t = (t + 1) % m_data.texts.size()) {
            const auto ids = m_model->tokenizer()->encodeIds(m_data.texts[t].content);
            if (ids.empty() && m_data.texts.size() == 1)
                throw Error(ErrorKind::InvalidInput, "There is no text to read.", "Give a text.");
            all.insert(all.end(), ids.begin(), ids.end());
        }
        for (std::size_t w = 0; w < windows.size(); ++w) {
            const auto begin = all.begin() + static_cast<std::ptrdiff_t>(w) * cell.tokens;
            windows[w].ids.assign(begin, begin + cell.tokens);
        }
        StudySample sample;
        std::vector<Prompt> prompts;
        if (cell.context == StudyContext::Slots) {
            std::vector<std::vector<SpanShape>> shapes;
            std::vector<at::Tensor> slots;
            sample.compressSeconds =
                timed([&] { std::tie(shapes, slots) = compress(windows, cell.spans, cell.slots / cell.spans); });
            for (std::size_t w = 0; w < windows.size(); ++w)
                prompts.push_back(m_reader.prompt(Task::Continue, shapes[w], slots[w], {}, {}));
        } else {
            for (const auto& window : windows)
                prompts.push_back(m_reader.plain(window.ids));
        }
        for (auto& prompt : prompts)
            prompt.maxTokens = m_spec.tokens;
        pause();
        GenerationOptions options; // no stop token: every sequence has the same length
        const auto generation = m_reader.generate(prompts, options, {}, m_stop);
        if (m_stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "The study was stopped.", {});
        sample.prefillSeconds = generation.prefillSeconds;
        sample.decodeSeconds = generation.decodeSeconds;
        sample.kvBytes = KvCache::bytes(m_model->config(), cell.batch, prompts.front().length() + m_spec.tokens,
                                        m_model->weights().dtype());
        if (const auto peak = peakTensorBytes(device); peak > 0)
            sample.peakBytes = peak;
        samples.push_back(std::move(sample));
    }
    return samples;
}

} // namespace icae

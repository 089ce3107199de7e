#include "study/window_writer.h"

#include "icae/write_back.h"
#include "text/spans.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace icae {

namespace {

// Prompts that a CPU rates in one forward: enough for fast products, few enough to give way soon.
constexpr std::size_t cpuScored = 16;

at::Tensor idTensor(std::span<const std::span<const TokenId>> rows)
{
    auto ids = at::empty({std::ssize(rows), std::ssize(rows.front())}, at::kLong);
    auto* target = ids.data_ptr<std::int64_t>();
    for (const auto& row : rows)
        target = std::copy(row.begin(), row.end(), target);
    return ids;
}

} // namespace

/// What reads the windows' slots: a prompt a window or, for adapters that read span by span, a span.
struct WindowWriter::Prompts {
    std::vector<Prompt> prompts;
    std::vector<TokenIds> sources; ///< a prompt: what it should write
    std::vector<std::size_t> windows; ///< a prompt: whose it is
};

WindowWriter::WindowWriter(const Model& model)
    : m_model(model)
    , m_compressor(model)
    , m_reader(model)
{
}

std::vector<CompressedWindow> WindowWriter::compress(std::span<const TokenIds> windows, std::int64_t spans,
                                                     std::int64_t slots, const StudyPace& pace) const
{
    struct Piece {
        std::size_t window;
        std::size_t span;
        std::span<const TokenId> ids;
    };
    std::map<std::size_t, std::vector<Piece>> byLength; // spans of equal lengths are compressed together
    std::vector<CompressedWindow> compressed(windows.size());
    std::vector<std::vector<at::Tensor>> parts(windows.size());
    const auto longest = static_cast<std::size_t>(m_model.adapter().config.spanTokens);
    const auto each = static_cast<std::size_t>(spans);
    for (std::size_t w = 0; w < windows.size(); ++w) {
        const std::span ids(windows[w]);
        auto& shapes = compressed[w].shapes;
        for (const auto& range : planSpans(ids.size(), std::min(longest, (ids.size() + each - 1) / each))) {
            byLength[range.count].push_back({w, shapes.size(), ids.subspan(range.first, range.count)});
            shapes.push_back({static_cast<std::int64_t>(range.count), slots});
        }
        parts[w].resize(shapes.size());
    }
    for (const auto& [length, pieces] : byLength) {
        std::vector<std::span<const TokenId>> rows;
        rows.reserve(pieces.size());
        for (const auto& piece : pieces)
            rows.push_back(piece.ids);
        pace.pause();
        const auto encoded = m_compressor.encode(
            idTensor(rows), slots, [&](const Progress&) { pace.pause(); }, pace.stop);
        for (std::size_t i = 0; i < pieces.size(); ++i)
            parts[pieces[i].window][pieces[i].span] = encoded[static_cast<std::int64_t>(i)];
    }
    for (std::size_t w = 0; w < windows.size(); ++w)
        compressed[w].slots = at::cat(parts[w], 0);
    return compressed;
}

WindowWriter::Prompts WindowWriter::promptsOf(std::span<const TokenIds> windows,
                                              std::span<const CompressedWindow> compressed) const
{
    const bool bySpan = m_model.adapter().config.aeReads == AeReads::Span;
    Prompts all;
    for (std::size_t w = 0; w < windows.size(); ++w) {
        std::int64_t firstToken = 0;
        std::int64_t firstSlot = 0;
        const auto add = [&](std::span<const SpanShape> spans) {
            std::int64_t tokens = 0;
            std::int64_t slots = 0;
            for (const auto& shape : spans) {
                tokens += shape.tokens;
                slots += shape.slots;
            }
            auto prompt =
                m_reader.prompt(Task::Autoencode, spans, compressed[w].slots.narrow(0, firstSlot, slots), {}, {});
            prompt.maxTokens = tokens;
            all.prompts.push_back(std::move(prompt));
            const auto begin = windows[w].begin() + firstToken;
            all.sources.emplace_back(begin, begin + tokens);
            all.windows.push_back(w);
            firstToken += tokens;
            firstSlot += slots;
        };
        const std::span shapes(compressed[w].shapes);
        if (bySpan)
            for (std::size_t s = 0; s < shapes.size(); ++s)
                add(shapes.subspan(s, 1));
        else
            add(shapes);
    }
    return all;
}

Generation WindowWriter::decode(const Prompts& prompts, std::span<const std::vector<TokenScore>> ratings,
                                const WriteOptions& options, const StudyPace& pace) const
{
    auto generation = m_reader.greedy();
    const auto callback = pacedTokens(pace);
    if (options.temperature <= 0 && options.decoding == Decoding::Drafted)
        return writeBack(m_model, prompts.prompts, prompts.sources, ratings, generation, callback, pace.stop);
    if (options.temperature > 0) {
        generation.sampling.greedy = false;
        generation.sampling.temperature = options.temperature;
        generation.sampling.seed = options.seed;
    }
    return m_reader.generate(prompts.prompts, generation, callback, pace.stop);
}

std::vector<WrittenWindow> WindowWriter::write(std::span<const TokenIds> windows, std::int64_t spans,
                                               std::int64_t slots, const WriteOptions& options, const StudyPace& pace,
                                               WriteCosts& costs) const
{
    const c10::InferenceMode noGradients;
    auto seconds = [this, last = std::chrono::steady_clock::now()]() mutable {
        synchronize(m_model.device().device);
        const auto now = std::chrono::steady_clock::now();
        return std::chrono::duration<double>(now - std::exchange(last, now)).count();
    };
    const auto compressed = compress(windows, spans, slots, pace);
    costs.compressSeconds += seconds();
    const auto prompts = promptsOf(windows, compressed);
    auto targets = prompts.sources;
    for (auto& target : targets)
        target.push_back(static_cast<TokenId>(m_model.config().eosId()));
    const auto atOnce = m_model.device().device.is_cpu() ? cpuScored : prompts.prompts.size();
    ScoreOptions rating;
    rating.doubt = roundingDoubt(m_model);
    std::vector<std::vector<TokenScore>> scores;
    for (std::size_t first = 0; first < targets.size(); first += atOnce) {
        const auto count = std::min(atOnce, targets.size() - first);
        pace.pause();
        for (auto& some : m_reader.score(std::span(prompts.prompts).subspan(first, count),
                                         std::span(targets).subspan(first, count), rating, pace.stop))
            scores.push_back(std::move(some));
    }
    costs.scoreSeconds += seconds();
    pace.pause();
    const auto generation = decode(prompts, scores, options, pace);
    costs.decodeSeconds += seconds();
    pace.pause();
    costs.forwards += generation.forwards;
    costs.drafted += generation.drafted;
    costs.accepted += generation.accepted;
    std::vector<WrittenWindow> written(windows.size());
    for (std::size_t p = 0; p < prompts.prompts.size(); ++p) {
        auto& window = written[prompts.windows[p]];
        window.ids.insert(window.ids.end(), generation.ids[p].begin(), generation.ids[p].end());
        window.scores.insert(window.scores.end(), scores[p].begin(), scores[p].end());
        costs.generatedTokens += std::ssize(generation.ids[p]);
    }
    return written;
}

} // namespace icae

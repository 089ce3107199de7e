#include "check/verify_decoding.h"

#include "icae/compressor.h"
#include "icae/reader.h"
#include "icae/source_drafter.h"
#include "icae/write_back.h"
#include "protocol/error.h"
#include "study/evaluate.h"

#include <algorithm>

namespace icae {

namespace {

using Ids = std::vector<std::int32_t>;

/// Decodes the windows of one cell both ways.
class CellCheck {
public:
    CellCheck(const Model& model, SpanShape shape, DecodingReport& report)
        : m_model(model)
        , m_reader(model)
        , m_shape(shape)
        , m_report(report)
    {
    }

    /// @param first number of the first window
    void run(std::span<const Ids> windows, std::int64_t first, const std::stop_token& stop)
    {
        const auto slots = encode(windows, stop);
        std::vector<Prompt> prompts;
        for (std::size_t i = 0; i < windows.size(); ++i) {
            prompts.push_back(prompt(slots[static_cast<std::int64_t>(i)], {}));
            prompts.back().maxTokens = m_shape.tokens;
        }
        const auto plain = m_reader.generate(prompts, m_reader.greedy(), {}, stop);
        SourceDrafter drafter({windows.begin(), windows.end()});
        const auto drafted = m_reader.generate(prompts, m_reader.greedy(), {}, stop, &drafter);
        const auto rated =
            writeBack(m_model, prompts, windows, ratings(prompts, windows, stop), m_reader.greedy(), {}, stop);
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "The check was stopped.", {});
        m_report.plainSeconds += plain.decodeSeconds;
        m_report.draftedSeconds += drafted.decodeSeconds;
        for (std::size_t i = 0; i < windows.size(); ++i) {
            ++m_report.windows;
            bool same = true;
            for (const auto* other : {&drafted.ids[i], &rated.ids[i]}) {
                if (plain.ids[i] == *other)
                    continue;
                same = false;
                m_report.differences.push_back(difference(slots[static_cast<std::int64_t>(i)], plain.ids[i], *other,
                                                          first + static_cast<std::int64_t>(i)));
            }
            m_report.identical += same ? 1 : 0;
        }
    }

private:
    at::Tensor encode(std::span<const Ids> windows, const std::stop_token& stop) const
    {
        auto ids = at::empty({static_cast<std::int64_t>(windows.size()), m_shape.tokens}, at::kLong);
        auto* target = ids.data_ptr<std::int64_t>();
        for (const auto& window : windows)
            target = std::copy(window.begin(), window.end(), target);
        return Compressor(m_model).encode(ids, m_shape.slots, {}, stop);
    }

    std::vector<std::vector<TokenScore>> ratings(std::span<const Prompt> prompts, std::span<const Ids> windows,
                                                 const std::stop_token& stop) const
    {
        std::vector<Ids> targets(windows.begin(), windows.end());
        for (auto& target : targets)
            target.push_back(static_cast<TokenId>(m_model.config().eosId()));
        ScoreOptions rating;
        rating.doubt = roundingDoubt(m_model);
        return m_reader.score(prompts, targets, rating, stop);
    }

    Prompt prompt(const at::Tensor& slots, std::span<const std::int32_t> written) const
    {
        return m_reader.prompt(Task::Autoencode, std::span(&m_shape, 1), slots, {}, written);
    }

    DecodingDifference difference(const at::Tensor& slots, const Ids& plain, const Ids& drafted,
                                  std::int64_t window) const
    {
        const auto [ours, theirs] = std::mismatch(plain.begin(), plain.end(), drafted.begin(), drafted.end());
        const auto logits = m_reader.nextLogits(prompt(slots, {plain.begin(), ours}));
        const auto logit = [&](const Ids& ids, Ids::const_iterator at) {
            return logits[at == ids.end() ? m_model.config().eosId() : *at].item<double>();
        };
        DecodingDifference found{m_shape.tokens, m_shape.slots, window, ours - plain.begin(), 0, 0};
        found.largest = logits.max().item<double>();
        found.gap = found.largest - std::min(logit(plain, ours), logit(drafted, theirs));
        return found;
    }

    const Model& m_model;
    Reader m_reader;
    SpanShape m_shape;
    DecodingReport& m_report;
};

} // namespace

bool DecodingReport::ok() const
{
    return std::all_of(differences.begin(), differences.end(), [&](const DecodingDifference& d) {
        return d.gap <= tolerance * (relative ? std::abs(d.largest) : 1.0);
    });
}

DecodingReport verifyDecoding(const Model& model, const std::vector<std::string>& texts,
                              const DecodingCheckOptions& options, const ProgressCallback& progress,
                              const std::stop_token& stop)
{
    DecodingReport report;
    report.relative = model.weights().dtype() != at::kFloat;
    report.tolerance = report.relative ? 3e-2 : 1e-4;
    std::vector<Ids> encoded;
    for (const auto& text : texts) {
        Ids ids;
        for (const auto& token : model.encodeContext(text))
            ids.push_back(token.id);
        encoded.push_back(std::move(ids));
    }
    Progress state{"Decoding twice", 0, 0, "windows"};
    std::vector<std::vector<Ids>> windows;
    for (const auto& [tokens, slots] : options.cells) {
        checkCell(model, tokens, slots);
        windows.push_back(windowsOf(encoded, tokens, options.windows));
        state.total += static_cast<double>(windows.back().size());
    }
    const auto batch = static_cast<std::size_t>(options.batch);
    for (std::size_t c = 0; c < options.cells.size(); ++c) {
        CellCheck check(model, {options.cells[c].first, options.cells[c].second}, report);
        for (std::size_t first = 0; first < windows[c].size(); first += batch) {
            const auto count = std::min(batch, windows[c].size() - first);
            check.run(std::span(windows[c]).subspan(first, count), static_cast<std::int64_t>(first), stop);
            state.done += static_cast<double>(count);
            if (progress)
                progress(state);
        }
    }
    return report;
}

} // namespace icae

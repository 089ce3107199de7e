#include "study/evaluate.h"

#include "icae/source_drafter.h"
#include "measure/bleu.h"
#include "measure/match.h"
#include "protocol/error.h"
#include "protocol/json_lines.h"
#include "text/text_file.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <utility>

namespace icae {

namespace fs = std::filesystem;

namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::int64_t windowsPerText = 4;
// Sequences that are decoded together: more give better products but larger caches.
constexpr std::size_t cpuBatch = 128;
constexpr std::size_t gpuBatch = 128;

/// Reconstructs windows of one length with one slot count.
class CellRunner {
public:
    CellRunner(const Model& model, std::int64_t tokens, std::int64_t slots, Decoding decoding)
        : m_model(model)
        , m_decoding(decoding)
        , m_compressor(model)
        , m_reader(model)
        , m_shape{tokens, slots}
    {
    }

    /// @param cell gets the decoding's figures added
    std::vector<EvaluatedWindow> run(std::span<const Ids> windows, EvaluatedCell& cell,
                                     const std::stop_token& stop) const
    {
        auto ids = at::empty({static_cast<int64_t>(windows.size()), m_shape.tokens}, at::kLong);
        for (std::size_t i = 0; i < windows.size(); ++i)
            std::copy(windows[i].begin(), windows[i].end(),
                      ids.data_ptr<int64_t>() + static_cast<int64_t>(i) * m_shape.tokens);
        auto seconds = [this, last = std::chrono::steady_clock::now()]() mutable {
            synchronize(m_model.device().device);
            const auto now = std::chrono::steady_clock::now();
            return std::chrono::duration<double>(now - std::exchange(last, now)).count();
        };
        const auto slots = m_compressor.encode(ids, m_shape.slots, {}, stop);
        cell.compressSeconds += seconds();
        std::vector<Prompt> prompts;
        std::vector<Ids> targets;
        const auto eos = static_cast<std::int32_t>(m_model.config().eosId());
        for (std::size_t i = 0; i < windows.size(); ++i) {
            prompts.push_back(
                m_reader.prompt(Task::Autoencode, std::span(&m_shape, 1), slots[static_cast<int64_t>(i)], {}, {}));
            prompts.back().maxTokens = m_shape.tokens;
            targets.push_back(windows[i]);
            targets.back().push_back(eos);
        }
        const auto scores = m_reader.score(prompts, targets, {}, stop);
        cell.scoreSeconds += seconds();
        SourceDrafter drafter({windows.begin(), windows.end()});
        const auto generation = m_reader.generate(prompts, m_reader.greedy(), {}, stop,
                                                  m_decoding == Decoding::Drafted ? &drafter : nullptr);
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "The evaluation was stopped.", {});
        cell.decodeSeconds += generation.decodeSeconds;
        cell.forwards += generation.forwards;
        cell.drafted += generation.drafted;
        cell.accepted += generation.accepted;
        std::vector<EvaluatedWindow> results;
        for (std::size_t i = 0; i < windows.size(); ++i) {
            cell.generatedTokens += static_cast<std::int64_t>(generation.ids[i].size());
            results.push_back(measure(windows[i], generation.ids[i], scores[i]));
        }
        return results;
    }

private:
    EvaluatedWindow measure(const Ids& reference, const Ids& written, std::span<const TokenScore> scores) const
    {
        EvaluatedWindow window;
        window.tokens = m_shape.tokens;
        window.slots = m_shape.slots;
        window.reference = m_model.tokenizer()->decode(reference);
        window.hypothesis = m_model.tokenizer()->decode(written);
        window.bleu = sentenceBleu(window.hypothesis, window.reference).score;
        window.em = exactMatchPrefix(reference, written);
        for (const auto& score : scores) {
            window.loss += static_cast<double>(score.nll) / static_cast<double>(scores.size());
            window.tokenAccuracy += (score.rank == 0 ? 1.0 : 0.0) / static_cast<double>(scores.size());
        }
        return window;
    }

    const Model& m_model;
    Decoding m_decoding;
    Compressor m_compressor;
    Reader m_reader;
    SpanShape m_shape;
};

Summary summaryOf(const std::vector<EvaluatedWindow>& windows, double EvaluatedWindow::*member)
{
    std::vector<double> values;
    values.reserve(windows.size());
    for (const auto& window : windows)
        values.push_back(window.*member);
    return summarise(values);
}

} // namespace

void checkCell(const Model& model, std::int64_t tokens, std::int64_t slots)
{
    const auto check = [](std::int64_t value, std::int64_t greatest, const std::string& what) {
        if (value < 1 || value > greatest)
            throw Error(ErrorKind::InvalidInput,
                        "A window of " + std::to_string(value) + " " + what
                            + " was asked for; this adapter allows 1 to " + std::to_string(greatest) + ".",
                        "Choose numbers in this range.");
    };
    check(tokens, model.adapter().config.spanTokens, "tokens");
    check(slots, model.adapter().config.slots, "slots");
}

std::vector<std::string> readTexts(const fs::path& file)
{
    std::vector<std::string> texts;
    forEachJsonLine(readTextFile(file), file.string(),
                    [&](const JsonReader& row) { texts.push_back(row.text("text")); });
    return texts;
}

std::vector<Ids> windowsOf(const std::vector<Ids>& texts, std::int64_t tokens, std::int64_t most)
{
    std::vector<Ids> windows;
    for (const auto& text : texts)
        for (std::int64_t i = 0; i < windowsPerText && (i + 1) * tokens <= static_cast<std::int64_t>(text.size())
             && static_cast<std::int64_t>(windows.size()) < most;
             ++i)
            windows.emplace_back(text.begin() + i * tokens, text.begin() + (i + 1) * tokens);
    return windows;
}

std::vector<EvaluatedCell> evaluate(const Model& model, const std::vector<std::string>& texts,
                                    const EvaluateOptions& options,
                                    const std::function<void(const EvaluatedWindow&)>& window,
                                    const ProgressCallback& progress, const std::stop_token& stop)
{
    for (const auto tokens : options.lengths)
        for (const auto slots : options.slots)
            checkCell(model, tokens, slots);
    if (options.samples < 1)
        throw Error(ErrorKind::InvalidInput, "At least one window a cell is needed.", "Raise --samples.");
    std::vector<Ids> encoded;
    for (const auto& text : texts) {
        Ids ids;
        for (const auto& token : model.encodeContext(text))
            ids.push_back(token.id);
        encoded.push_back(std::move(ids));
    }
    const auto batch = model.device().device.is_cpu() ? cpuBatch : gpuBatch;
    Progress state{"Evaluating", 0, 0, "tokens"};
    for (const auto tokens : options.lengths)
        state.total += static_cast<double>(windowsOf(encoded, tokens, options.samples).size() * options.slots.size())
            * static_cast<double>(tokens);
    std::vector<EvaluatedCell> cells;
    for (const auto tokens : options.lengths) {
        const auto windows = windowsOf(encoded, tokens, options.samples);
        for (const auto slots : options.slots) {
            const CellRunner runner(model, tokens, slots, options.decoding);
            EvaluatedCell cell{tokens, slots, {}, {}, {}};
            std::vector<EvaluatedWindow> results;
            for (std::size_t first = 0; first < windows.size(); first += batch) {
                auto part =
                    runner.run(std::span(windows).subspan(first, std::min(batch, windows.size() - first)), cell, stop);
                state.done += static_cast<double>(part.size()) * static_cast<double>(tokens);
                if (progress)
                    progress(state);
                for (auto& result : part) {
                    result.index = static_cast<std::int64_t>(results.size());
                    if (window)
                        window(result);
                    results.push_back(std::move(result));
                }
            }
            cell.bleu = summaryOf(results, &EvaluatedWindow::bleu);
            cell.em = summaryOf(results, &EvaluatedWindow::em);
            cell.loss = summaryOf(results, &EvaluatedWindow::loss);
            cells.push_back(cell);
        }
    }
    return cells;
}

std::string toCsv(const std::vector<EvaluatedCell>& cells)
{
    std::ostringstream csv;
    csv << "tokens,slots,n,bleu_mean,bleu_median,bleu_low,bleu_high,em_mean,em_median,loss_mean\n";
    csv.precision(6);
    for (const auto& cell : cells)
        csv << cell.tokens << ',' << cell.slots << ',' << cell.bleu.n << ',' << cell.bleu.mean << ','
            << cell.bleu.median << ',' << cell.bleu.low << ',' << cell.bleu.high << ',' << cell.em.mean << ','
            << cell.em.median << ',' << cell.loss.mean << '\n';
    return csv.str();
}

std::string toJsonLine(const EvaluatedWindow& window)
{
    const nlohmann::json json{
        {"tokens", window.tokens},
        {"slots", window.slots},
        {"index", window.index},
        {"bleu", window.bleu},
        {"em", window.em},
        {"loss", window.loss},
        {"token_accuracy", window.tokenAccuracy},
        {"reference", window.reference},
        {"hypothesis", window.hypothesis},
    };
    return json.dump() + "\n";
}

} // namespace icae

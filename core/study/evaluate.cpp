#include "study/evaluate.h"

#include "measure/bleu.h"
#include "measure/csv_number.h"
#include "measure/match.h"
#include "protocol/error.h"
#include "protocol/json_lines.h"
#include "reading/rating.h"
#include "text/text_file.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace icae {

namespace fs = std::filesystem;

namespace {

using Ids = TokenIds;

constexpr std::int64_t windowsPerText = 4;
// Windows that are written back together: more give better products but larger caches.
constexpr std::size_t batch = 128;

EvaluatedWindow measured(const Model& model, const Ids& reference, const WrittenWindow& written)
{
    EvaluatedWindow window;
    window.tokens = std::ssize(reference);
    window.reference = model.tokenizer()->decode(reference);
    window.hypothesis = model.tokenizer()->decode(written.ids);
    window.bleu = sentenceBleu(window.hypothesis, window.reference).score;
    window.em = exactMatchPrefix(reference, written.ids);
    const auto forced = forcedScores(written.scores);
    window.loss = forced.loss;
    window.tokenAccuracy = forced.accuracy;
    return window;
}

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
    if (texts.empty())
        throw Error(ErrorKind::InvalidInput, file.string() + " holds no texts.",
                    "Give a file with one JSON object {\"text\": ...} a line.");
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
                                    const ProgressCallback& progress, const StudyPace& pace)
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
    const WindowWriter writer(model);
    WriteOptions writing;
    writing.decoding = options.decoding;
    Progress state{"Evaluating", 0, 0, "tokens"};
    for (const auto tokens : options.lengths)
        state.total += static_cast<double>(windowsOf(encoded, tokens, options.samples).size() * options.slots.size())
            * static_cast<double>(tokens);
    std::vector<EvaluatedCell> cells;
    for (const auto tokens : options.lengths) {
        const auto windows = windowsOf(encoded, tokens, options.samples);
        for (const auto slots : options.slots) {
            EvaluatedCell cell{tokens, slots, {}, {}, {}, {}};
            std::vector<EvaluatedWindow> results;
            for (std::size_t first = 0; first < windows.size(); first += batch) {
                const auto part = std::span(windows).subspan(first, std::min(batch, windows.size() - first));
                const auto written = writer.write(part, 1, slots, writing, pace, cell.costs);
                state.done += static_cast<double>(part.size()) * static_cast<double>(tokens);
                if (progress)
                    progress(state);
                for (std::size_t i = 0; i < part.size(); ++i) {
                    auto result = measured(model, part[i], written[i]);
                    result.slots = slots;
                    result.index = std::ssize(results);
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
        csv << cell.tokens << ',' << cell.slots << ',' << cell.bleu.n << ',' << CsvNumber{cell.bleu.mean} << ','
            << CsvNumber{cell.bleu.median} << ',' << CsvNumber{cell.bleu.low} << ',' << CsvNumber{cell.bleu.high} << ','
            << CsvNumber{cell.em.mean} << ',' << CsvNumber{cell.em.median} << ',' << CsvNumber{cell.loss.mean} << '\n';
    return csv.str();
}

} // namespace icae

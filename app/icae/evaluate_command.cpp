#include "command.h"

#include "study/evaluate.h"
#include "tensor/atomic_file.h"

#include <iostream>

namespace icae {

namespace {

struct Arguments {
    ModelOptions model;
    std::string texts;
    EvaluateOptions grid{{128, 256, 512}, {16, 32, 64, 128}, 128};
    std::string csv;
    std::string raw;
};

int evaluateTexts(const Arguments& arguments, CommandContext& context)
{
    const auto model = arguments.model.load(context, "reconstruct");
    const auto texts = readTexts(arguments.texts);
    std::optional<AtomicFile> raw;
    if (!arguments.raw.empty())
        raw.emplace(arguments.raw);
    const auto cells = evaluate(
        *model, texts, arguments.grid,
        [&](const EvaluatedWindow& window) {
            const auto line = toJsonLine(window);
            if (raw)
                raw->write(std::as_bytes(std::span(line)));
        },
        context.progress.callback(), context.stop);
    context.progress.clear();
    const auto csv = toCsv(cells);
    if (!arguments.csv.empty())
        writeFile(arguments.csv, csv);
    if (raw)
        raw->commit();
    if (!arguments.model.json) {
        std::cout << csv;
        return exitSuccess;
    }
    nlohmann::json json{{"device", describeDevice(model->device().device)},
                        {"model", model->paths().base.string()},
                        {"adapter", model->paths().adapter.string()},
                        {"cells", nlohmann::json::array()}};
    for (const auto& cell : cells)
        json["cells"].push_back({{"tokens", cell.tokens},
                                 {"slots", cell.slots},
                                 {"n", cell.bleu.n},
                                 {"bleu_mean", cell.bleu.mean},
                                 {"bleu_median", cell.bleu.median},
                                 {"bleu_low", cell.bleu.low},
                                 {"bleu_high", cell.bleu.high},
                                 {"em_mean", cell.em.mean},
                                 {"em_median", cell.em.median},
                                 {"loss_mean", cell.loss.mean}});
    std::cout << json.dump(2) << "\n";
    return exitSuccess;
}

} // namespace

CommandAction addEvaluate(CLI::App& program)
{
    auto* command = program.add_subcommand("evaluate", "Measure reconstruction over lengths and slot counts");
    const auto arguments = std::make_shared<Arguments>();
    arguments->model.addTo(*command);
    command->add_option("--texts", arguments->texts, "JSON lines with a field \"text\"")->required();
    command->add_option("--lengths", arguments->grid.lengths, "Tokens a window")->delimiter(',')->capture_default_str();
    command->add_option("--slots", arguments->grid.slots, "Slots a window")->delimiter(',')->capture_default_str();
    command->add_option("--samples", arguments->grid.samples, "Windows a cell")->capture_default_str();
    command->add_option("--csv", arguments->csv, "File for the table");
    command->add_option("--raw", arguments->raw, "File for one JSON line a window");
    command->footer(
        "Windows: each text in file order, cut into consecutive windows of the length, at most 4 a text.\n"
        "Example: icae evaluate --texts val.jsonl --lengths 128,512 --slots 32,128 --samples 64 --csv grid.csv");
    return [arguments](CommandContext& context) { return evaluateTexts(*arguments, context); };
}

} // namespace icae

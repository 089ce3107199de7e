#include "command.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/json_text.h"
#include "reading/plan.h"
#include "study/continuation.h"
#include "study/evaluate.h"
#include "study/questions.h"
#include "tensor/atomic_file.h"

#include <iostream>

namespace icae {

namespace {

struct Arguments {
    ModelOptions model;
    std::string texts;
    std::string questions;
    bool continuation = false;
    bool free = false;
    std::vector<std::int64_t> lengths{128, 256, 512};
    std::vector<std::int64_t> slots; ///< empty: the grid's or the adapter's
    std::int64_t spans = 4;
    std::optional<std::int64_t> samples;
    std::string csv;
    std::string raw;
    Decoding decoding = Decoding::Drafted;
};

/// What stands in every JSON report beside its figures.
nlohmann::json describe(const Model& model)
{
    return {{"device", describeDevice(model.device().device)},
            {"model", model.paths().base.string()},
            {"adapter", model.paths().adapter.string()}};
}

void report(const Arguments& arguments, const std::string& text, const std::string& csv, const nlohmann::json& json)
{
    if (!arguments.csv.empty())
        writeFile(arguments.csv, csv);
    if (arguments.model.json)
        printJson(json);
    else
        std::cout << text;
}

/// A cell without a window has no statistics: what the others came to was written, and this is said.
void requireWindows(const std::vector<EvaluatedCell>& cells, const std::string& file)
{
    std::string empty;
    for (const auto& cell : cells)
        if (cell.bleu.n == 0)
            empty += (empty.empty() ? "" : ", ") + std::to_string(cell.tokens) + ":" + std::to_string(cell.slots);
    if (!empty.empty())
        throw Error(ErrorKind::InvalidInput, "No text of " + file + " is long enough for the cells " + empty + ".",
                    "Give longer texts, or shorter lengths with --lengths.");
}

int evaluateGrid(const Arguments& arguments, CommandContext& context)
{
    const auto model = arguments.model.load(context, "reconstruct");
    const auto texts = readTexts(arguments.texts);
    std::optional<AtomicFile> raw;
    if (!arguments.raw.empty())
        raw.emplace(arguments.raw);
    const EvaluateOptions grid{arguments.lengths,
                               arguments.slots.empty() ? std::vector<std::int64_t>{16, 32, 64, 128} : arguments.slots,
                               arguments.samples.value_or(128), arguments.decoding};
    for (const auto slots : arguments.slots) // the built-in ones nobody chose
        warn(untrainedSlots(model->adapter().config, slots));
    const auto cells = evaluate(*model, texts, grid,
                                [&](const EvaluatedWindow& window) {
                                    const auto line = jsonText(nlohmann::json(window)) + "\n";
                                    if (raw)
                                        raw->write(std::as_bytes(std::span(line)));
                                },
                                context.progress.callback(), {{}, context.stop});
    context.progress.clear();
    if (raw)
        raw->commit();
    auto json = describe(*model);
    json["cells"] = FieldWriter::encode(cells);
    auto measured = cells;
    std::erase_if(measured, [](const EvaluatedCell& cell) { return cell.bleu.n == 0; });
    const auto csv = toCsv(measured);
    report(arguments, csv, csv, json);
    requireWindows(cells, arguments.texts);
    return exitSuccess;
}

int evaluateContinuation(const Arguments& arguments, CommandContext& context)
{
    if (arguments.slots.size() > 1)
        throw Error(ErrorKind::InvalidInput, "--continuation takes one number of slots.", "Give one, or none.");
    const auto model = arguments.model.load(context, "reconstruct");
    ContinuationOptions options;
    options.spans = arguments.spans;
    options.slots = arguments.slots.empty() ? 0 : arguments.slots.front();
    if (options.slots > 0 && model->hasAdapter())
        warn(untrainedSlots(model->adapter().config, options.slots));
    options.samples = arguments.samples.value_or(96);
    const auto result =
        continuation(*model, readTexts(arguments.texts), options, context.progress.callback(), {{}, context.stop});
    context.progress.clear();
    auto json = describe(*model);
    json.update(nlohmann::json(result.after));
    json.update({{"spans", result.spans}, {"span_tokens", result.spanTokens}, {"slots", result.slots}});
    const auto title = std::to_string(options.tokens) + " tokens after " + std::to_string(result.spans) + " × "
        + std::to_string(result.spanTokens) + " tokens → " + std::to_string(result.spans) + " × "
        + std::to_string(result.slots) + " slots\n\n";
    report(arguments, title + toText(result.after), toCsv(result.after), json);
    return exitSuccess;
}

std::string leftOut(std::int64_t skipped)
{
    return skipped == 0 ? std::string()
                        : "\nLeft out: " + grouped(skipped) + " (too long, or the text too short or too long).\n";
}

int evaluateFreely(const Arguments& arguments, CommandContext& context)
{
    const auto model = arguments.model.load(context, "chat");
    const auto questions = readQuestions(arguments.questions);
    std::optional<AtomicFile> raw;
    if (!arguments.raw.empty())
        raw.emplace(arguments.raw);
    const auto write = [&](const FreeAnswer& answer) {
        const auto line = jsonText(nlohmann::json(answer)) + "\n";
        if (raw)
            raw->write(std::as_bytes(std::span(line)));
    };
    const auto result = answerFreely(*model, questions, arguments.samples.value_or(0), write,
                                     context.progress.callback(), {{}, context.stop});
    context.progress.clear();
    if (raw)
        raw->commit();
    auto json = describe(*model);
    json.update(nlohmann::json(result));
    report(arguments, toText(result) + leftOut(result.skipped), toCsv(result), json);
    return exitSuccess;
}

int evaluateQuestions(const Arguments& arguments, CommandContext& context)
{
    const auto model = arguments.model.load(context, "chat");
    const auto result = answerQuestions(*model, readQuestions(arguments.questions), arguments.samples.value_or(0),
                                        context.progress.callback(), {{}, context.stop});
    context.progress.clear();
    auto json = describe(*model);
    json.update(nlohmann::json(result.after));
    json["skipped"] = result.skipped;
    report(arguments, toText(result.after) + leftOut(result.skipped), toCsv(result.after), json);
    return exitSuccess;
}

} // namespace

CommandAction addEvaluate(CLI::App& program)
{
    auto* command = program.add_subcommand("evaluate", "Measure reconstruction, continuation or answers");
    const auto arguments = std::make_shared<Arguments>();
    arguments->model.addTo(*command);
    auto* texts = command->add_option("--texts", arguments->texts, "JSON lines with a field \"text\"");
    auto* questions =
        command->add_option("--questions", arguments->questions,
                            R"(JSON lines with "input", "prompt" and "answer": answers after text, slots, nothing)");
    auto* free = command->add_flag("--free", arguments->free,
                                   "Write the answers and compare their words, instead of rating given ones");
    auto* continuation =
        command->add_flag("--continuation", arguments->continuation,
                          "Continue the texts after text, slots and nothing, instead of reconstructing them");
    auto* lengths =
        command->add_option("--lengths", arguments->lengths, "Tokens a window")->delimiter(',')->capture_default_str();
    auto* slots = command
                      ->add_option("--slots", arguments->slots,
                                   "Slots a window: by default 16,32,64,128, and the adapter's for --continuation")
                      ->delimiter(',');
    auto* spans = command->add_option("--spans", arguments->spans, "Spans before a continuation")
                      ->check(countable())
                      ->capture_default_str();
    command
        ->add_option("--samples", arguments->samples,
                     "Windows a cell (by default 128), continuations (96) or questions (all)")
        ->check(countable());
    auto* decoding = addDecoding(*command, arguments->decoding);
    command->add_option("--csv", arguments->csv, "File for the table");
    auto* raw = command->add_option("--raw", arguments->raw, "File for one JSON line a window, or a free answer");
    continuation->needs(texts)->excludes(lengths)->excludes(raw)->excludes(decoding);
    spans->needs(continuation);
    questions->excludes(texts)->excludes(lengths)->excludes(slots)->excludes(decoding);
    free->needs(questions);
    command->parse_complete_callback([arguments] {
        if (!arguments->questions.empty() && !arguments->raw.empty() && !arguments->free)
            throw CLI::ValidationError("--raw", "needs --texts, or --free beside --questions");
    });
    command->footer(
        "Windows: each text in file order, cut into consecutive windows of the length, at most 4 a text.\n"
        "Example: icae evaluate --texts val.jsonl --lengths 128,512 --slots 32,128 --samples 64 --csv grid.csv\n"
        "         icae evaluate --texts val.jsonl --continuation --spans 4\n"
        "         icae evaluate --questions questions.jsonl\n"
        "         icae evaluate --questions questions.jsonl --free --raw answers.jsonl");
    return [arguments](CommandContext& context) {
        for (const auto& output : {arguments->csv, arguments->raw})
            requireOtherFile(output, {arguments->texts, arguments->questions});
        if (arguments->free)
            return evaluateFreely(*arguments, context);
        if (!arguments->questions.empty())
            return evaluateQuestions(*arguments, context);
        if (arguments->texts.empty())
            throw Error(ErrorKind::InvalidInput, "Nothing to evaluate was named.", "Give --texts or --questions.");
        return arguments->continuation ? evaluateContinuation(*arguments, context) : evaluateGrid(*arguments, context);
    };
}

} // namespace icae

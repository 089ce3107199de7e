#include "command.h"

#include "measure/diff.h"
#include "output.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "reading/plan.h"
#include "reading/reconstruct.h"
#include "text/named_text.h"

#include <algorithm>
#include <iostream>

namespace icae {

namespace {

struct Arguments {
    ModelOptions model;
    SamplingArguments sampling;
    std::string file;
    std::string reference;
    std::optional<std::int64_t> slots;
    std::optional<std::int64_t> spanTokens;
    Decoding decoding = Decoding::Drafted;
    bool diff = false;
    bool tokens = false;
};

constexpr std::int64_t listedAlternatives = 5;

std::string scoreLine(const ReconstructionScores& s)
{
    return "BLEU " + fixed(s.bleu, 3) + "   EM " + fixed(s.em, 3) + "   loss " + fixed(s.loss, 4) + "   token accuracy "
        + fixed(100 * s.tokenAccuracy, 1) + " % teacher-forced, " + fixed(100 * s.freeTokenAccuracy, 1)
        + " % free-running";
}

void printReport(std::ostream& out, const Reconstruction& result)
{
    if (result.spans.size() > 1) {
        for (std::size_t i = 0; i < result.spans.size(); ++i) {
            const auto& span = result.spans[i];
            out << "span " << i + 1 << ": " << grouped(span.tokens) << " tokens → " << span.slots << " slots";
            if (span.scores)
                out << "   BLEU " << fixed(span.scores->bleu, 3) << "   EM " << fixed(span.scores->em, 3) << "   loss "
                    << fixed(span.scores->loss, 4) << "   accuracy " << fixed(100 * span.scores->tokenAccuracy, 1)
                    << " %";
            out << "\n";
        }
    }
    out << grouped(result.tokens) << " tokens → " << grouped(result.slots) << " slots (" << fixed(result.ratio, 2)
        << "×)\n";
    if (result.scores)
        out << scoreLine(*result.scores) << "\n";
    out << "compress " << fixed(result.seconds.compress, 2) << " s   prefill " << fixed(result.seconds.prefill, 2)
        << " s   decode " << fixed(result.seconds.decode, 2) << " s ("
        << grouped(static_cast<std::int64_t>(static_cast<double>(result.generatedTokens)
                                             / std::max(1e-9, result.seconds.decode)))
        << " tokens/s";
    if (result.decoding == Decoding::Drafted)
        out << ", " << grouped(result.forwards) << " forwards, " << grouped(result.accepted)
            << " tokens from the source";
    out << ")\n";
}

/// The source as its tokens read.
std::string keptByTokenizer(const Model& model, const Source& source)
{
    std::vector<std::int32_t> ids;
    for (const auto& token : source.tokens)
        ids.push_back(token.id);
    return model.tokenizer()->decode(ids);
}

/// A sentence on what the tokenizer changes; empty where it keeps everything.
std::string lossOfTokenizer(const std::string& text, const std::string& kept)
{
    if (text == kept)
        return {};
    const auto place = std::mismatch(text.begin(), text.end(), kept.begin(), kept.end()).first - text.begin();
    return "The tokenizer cannot keep this text as it is: it changes white space or signs, first at byte "
        + std::to_string(place) + ". That is not counted as the model's.";
}

void writeDiff(const TextDiff& diff, const std::string& source, const std::string& written)
{
    if (outputHasColours())
        writeTrusted(std::cout, renderDiff(diff, source, written, true, visible));
    else
        std::cout << renderDiff(diff, source, written, false);
}

int reconstructFile(const Arguments& arguments, CommandContext& context)
{
    const auto sampling = arguments.sampling.options();
    const auto model = arguments.model.load(context, "reconstruct");
    auto input = loadInput(*model, arguments.file, arguments.slots, arguments.spanTokens, context);
    if (auto warning = tooLong(*model, input.memory.header)) {
        warning->remedy = model->adapter().config.aeReads == AeReads::All ? "Compress a shorter text."
                                                                          : "Compress in shorter spans, with --span.";
        warn(warning);
    }
    if (!arguments.reference.empty())
        attachText(input, readNamedText(arguments.reference, context.stop), arguments.reference, *model);
    if (arguments.diff && input.text.empty())
        throw Error(ErrorKind::InvalidInput, "A memory alone has no text to compare with.",
                    "Name the text that was compressed with --reference.");
    ReconstructOptions options;
    options.sampling = sampling;
    options.decoding = arguments.decoding;
    options.tokens = arguments.tokens;
    options.alternatives = arguments.tokens ? listedAlternatives : 0;
    const auto result = reconstruct(*model, input, options, {context.progress.callback(), {}}, context.stop);
    context.progress.clear();
    // What the tokenizer cannot keep, no model could write: it is not marked as the model's.
    const auto kept = keptByTokenizer(*model, input);
    const auto remark = input.hasText() ? lossOfTokenizer(input.text, kept) : std::string();
    if (!remark.empty())
        std::cerr << remark << "\n";
    if (arguments.model.json) {
        nlohmann::json json(result);
        if (!remark.empty())
            json["remark"] = remark;
        printJson(json);
    } else {
        if (arguments.diff && !result.stopped)
            writeDiff(diffTexts(kept, result.text), kept, result.text);
        else
            std::cout << result.text;
        std::cout << "\n" << std::flush;
        printReport(std::cerr, result);
        if (!input.hasText())
            std::cerr << "No BLEU, EM or loss: a memory alone has no text to compare with. Name it with --reference "
                         "FILE.\n";
    }
    if (result.stopped)
        std::cerr << "Stopped after " << grouped(result.generatedTokens) << " tokens.\n";
    return result.stopped ? exitStopped : exitSuccess;
}

} // namespace

CommandAction addReconstruct(CLI::App& program)
{
    auto* command =
        program.add_subcommand("reconstruct", "Compress a text, let the frozen model write it back, and measure it");
    const auto arguments = std::make_shared<Arguments>();
    arguments->model.addTo(*command);
    arguments->sampling.addTo(*command);
    command->add_option("FILE", arguments->file, "Text file, memory file, or - for text on standard input")->required();
    command->add_option("-k,--slots", arguments->slots, "Slots a span; default: as many as the adapter has");
    command->add_option("--span", arguments->spanTokens, "Longest span in tokens; default: the adapter's");
    addDecoding(*command, arguments->decoding);
    command->add_option("--reference", arguments->reference, "The text a memory file was made from, to compare with");
    command->add_flag("--diff", arguments->diff, "Mark what was lost and what was added, word by word");
    command->add_flag("--tokens", arguments->tokens,
                      "With --json: rate every token, as it was written and teacher-forced");
    command->footer("The text goes to standard output, figures to standard error.\n"
                    "Example: icae reconstruct letter.txt --model models/nano --slots 64 --diff");
    return [arguments](CommandContext& context) { return reconstructFile(*arguments, context); };
}

} // namespace icae

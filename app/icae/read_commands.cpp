#include "command.h"

#include "icae/reader.h"
#include "text/streaming.h"

#include <iostream>

namespace icae {

namespace {

/// `continue` and `ask`: several texts or memories, read together.
struct Arguments {
    ModelOptions model;
    SamplingArguments sampling;
    std::vector<std::string> inputs;
    std::string question;
    std::int64_t tokens = 128;
    std::optional<std::int64_t> slots;
    std::optional<std::int64_t> spanTokens;

    void addTo(CLI::App& command)
    {
        model.addTo(command);
        sampling.addTo(command);
        command.add_option("FILE", inputs, "Text or memory files, read together; - for text on standard input")
            ->required();
        command.add_option("-n,--tokens", tokens, "Most tokens to write")
            ->capture_default_str()
            ->check(CLI::PositiveNumber);
        command.add_option("-k,--slots", slots, "Slots a span; default: as many as the adapter has");
        command.add_option("--span", spanTokens, "Longest span in tokens; default: the adapter's");
    }
};

/// Writes a generation to standard output as it comes, and reports it.
int stream(const Arguments& arguments, const Model& model, std::span<const Memory> memories, Prompt prompt,
           CommandContext& context)
{
    const Reader reader(model);
    prompt.maxTokens = arguments.tokens;
    auto options = reader.greedy();
    options.sampling = arguments.sampling.options();
    StreamingDetokenizer text(model.tokenizer());
    std::string whole;
    const auto append = [&](const std::string& piece) {
        whole += piece;
        if (!arguments.model.json)
            std::cout << piece << std::flush;
    };
    const auto generation = reader.generate(
        std::span(&prompt, 1), options,
        [&](const GeneratedToken& token) {
            append(text.push(token.id));
            return static_cast<bool>(std::cout);
        },
        context.stop);
    append(text.finish());
    const auto written = static_cast<std::int64_t>(generation.ids.front().size());
    const bool stopped = context.stop.stop_requested();
    if (arguments.model.json) {
        std::int64_t slots = 0;
        std::int64_t tokens = 0;
        for (const auto& memory : memories) {
            slots += memory.header.slots();
            tokens += memory.header.sourceTokens;
        }
        std::cout << nlohmann::json {
            {"text", whole},
            {"generated_tokens", written},
            {"ended", generation.ends.front() == EndReason::StopToken ? "eos"
                 : generation.ends.front() == EndReason::MaxTokens    ? "length"
                                                                      : "stopped"},
            {"tokens", tokens},
            {"slots", slots},
            {"seconds", {{"prefill", generation.prefillSeconds}, {"decode", generation.decodeSeconds}}},
            {"device", describeDevice(model.device().device)},
            {"model", model.paths().base.string()},
            {"adapter", model.paths().adapter.string()},
        }.dump(2) << "\n";
    } else {
        std::cout << "\n" << std::flush;
        std::cerr << written << " tokens in " << fixed(generation.prefillSeconds + generation.decodeSeconds, 2)
                  << " s\n";
    }
    return stopped ? exitStopped : exitSuccess;
}

int readInputs(const Arguments& arguments, Task task, CommandContext& context)
{
    arguments.sampling.options(); // refuses bad options before anything is loaded
    const auto model = arguments.model.load(context, task == Task::Instruct ? "chat" : "reconstruct");
    std::vector<Memory> memories;
    for (const auto& path : arguments.inputs)
        memories.push_back(loadInput(*model, path, arguments.slots, arguments.spanTokens, context).memory);
    const Reader reader(*model);
    const auto spans = allSpans(memories);
    auto prompt =
        task == Task::Instruct ? reader.question(spans, arguments.question) : reader.prompt(task, spans, {}, {});
    return stream(arguments, *model, memories, std::move(prompt), context);
}

} // namespace

CommandAction addContinue(CLI::App& program)
{
    auto* command = program.add_subcommand("continue", "Go on with a text that the model sees as slots only");
    const auto arguments = std::make_shared<Arguments>();
    arguments->addTo(*command);
    command->footer("Example: icae continue story.txt --tokens 64 --temperature 0.8 --model models/nano");
    return [arguments](CommandContext& context) { return readInputs(*arguments, Task::Continue, context); };
}

CommandAction addAsk(CLI::App& program)
{
    auto* command = program.add_subcommand("ask", "Ask about texts that the model sees as slots only");
    const auto arguments = std::make_shared<Arguments>();
    arguments->addTo(*command);
    command->add_option("-q,--question", arguments->question, "The question")->required();
    command->footer("Example: icae ask letter.txt minutes.memory --question \"Who wrote it?\" --model models/nano");
    return [arguments](CommandContext& context) { return readInputs(*arguments, Task::Instruct, context); };
}

} // namespace icae

#include "ask_contexts.h"
#include "command.h"

#include "protocol/fields.h"
#include "reading/read.h"
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
    AskArguments ask;

    void addTo(CLI::App& command)
    {
        model.addTo(command);
        sampling.addTo(command);
        command.add_option("FILE", inputs, "Text or memory files, read together; - for text on standard input")
            ->required();
        command.add_option("-n,--tokens", tokens, "Most tokens to write")->capture_default_str()->check(countable());
        command.add_option("-k,--slots", slots, "Slots a span; default: as many as the adapter has");
        command.add_option("--span", spanTokens, "Longest span in tokens; default: the adapter's");
    }
};

int readInputs(const Arguments& arguments, Task task, CommandContext& context)
{
    ReadOptions options{task, arguments.question, arguments.tokens, arguments.sampling.options()};
    const auto model = arguments.model.load(context, task == Task::Instruct ? "chat" : "reconstruct");
    std::vector<Source> inputs;
    for (const auto& path : arguments.inputs)
        inputs.push_back(loadInput(*model, path, arguments.slots, arguments.spanTokens, context));
    if (task == Task::Instruct && arguments.ask.isMore())
        return askInContext(
            *model, inputs,
            {arguments.inputs, arguments.question, arguments.tokens, options.sampling, arguments.model.json},
            arguments.ask, context);
    std::vector<ReadSource> sources;
    sources.reserve(inputs.size());
    for (const auto& input : inputs)
        sources.push_back({&input, {}});
    StreamingDetokenizer text(model->tokenizer());
    ReadListener listener;
    if (!arguments.model.json)
        listener.token = [&](std::size_t /*parts*/, const GeneratedToken& token) {
            std::cout << text.push(token.id) << std::flush;
        };
    const auto result = readSources(*model, sources, options, listener, context.stop);
    if (arguments.model.json) {
        printJson(nlohmann::json(result));
    } else {
        std::cout << text.finish() << "\n" << std::flush;
        std::cerr << result.generatedTokens << " tokens in " << fixed(result.seconds.prefill + result.seconds.decode, 2)
                  << " s\n";
    }
    return context.stop.stop_requested() ? exitStopped : exitSuccess;
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
    auto* command =
        program.add_subcommand("ask", "Ask about texts that the model sees as slots, in full, or not at all");
    const auto arguments = std::make_shared<Arguments>();
    arguments->addTo(*command);
    command->add_option("-q,--question", arguments->question, "The question")->required();
    arguments->ask.addTo(*command);
    command->footer("Example: icae ask letter.txt minutes.memory --question \"Who wrote it?\" --model models/nano");
    return [arguments](CommandContext& context) { return readInputs(*arguments, Task::Instruct, context); };
}

} // namespace icae

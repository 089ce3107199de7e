#include "command.h"

#include <iostream>

namespace icae {

namespace {

struct Arguments {
    ModelOptions model;
    std::string file;
    std::string output;
    std::optional<std::int64_t> slots;
    std::optional<std::int64_t> spanTokens;
};

int compressFile(const Arguments& arguments, CommandContext& context)
{
    requireOtherFile(arguments.output, {arguments.file});
    const auto model = arguments.model.load(context, "reconstruct");
    const auto input = loadInput(*model, arguments.file, arguments.slots, arguments.spanTokens, context);
    input.memory.save(arguments.output);
    const auto& header = input.memory.header;
    if (arguments.model.json) {
        printJson(nlohmann::json{
            {"memory", arguments.output},
            {"tokens", header.sourceTokens},
            {"spans", header.spans.size()},
            {"slots", header.slots()},
            {"ratio", header.ratio()},
            {"seconds", {{"compress", input.compressSeconds}}},
            {"device", describeDevice(model->device().device)},
            {"model", model->paths().base.string()},
            {"adapter", model->paths().adapter.string()},
        });
        return exitSuccess;
    }
    std::cout << grouped(header.sourceTokens) << " tokens in " << header.spans.size()
              << (header.spans.size() == 1 ? " span → " : " spans → ") << grouped(header.slots()) << " slots ("
              << fixed(header.ratio(), 2) << "×) in " << fixed(input.compressSeconds, 2) << " s\n"
              << "Memory: " << arguments.output << "\n";
    return exitSuccess;
}

} // namespace

CommandAction addCompress(CLI::App& program)
{
    auto* command = program.add_subcommand("compress", "Compress a text into memory slots");
    const auto arguments = std::make_shared<Arguments>();
    arguments->model.addTo(*command);
    command->add_option("FILE", arguments->file, "Text file, or - for standard input")->required();
    command->add_option("-o,--output", arguments->output, "Memory file to write")->required();
    command->add_option("-k,--slots", arguments->slots, "Slots a span; default: as many as the adapter has");
    command->add_option("--span", arguments->spanTokens, "Longest span in tokens; default: the adapter's");
    command->footer("Example: icae compress letter.txt -o letter.memory --model models/nano --slots 64");
    return [arguments](CommandContext& context) { return compressFile(*arguments, context); };
}

} // namespace icae

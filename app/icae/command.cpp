#include "command.h"

#include "protocol/error.h"
#include "protocol/json_text.h"
#include "reading/plan.h"
#include "runs/run_control.h"
#include "text/named_text.h"

#include <cstdio>
#include <iostream>

namespace icae {

void ModelOptions::addTo(CLI::App& command)
{
    command.add_option("-m,--model", model, "Model folder in Hugging Face format, or a folder with base/ and adapters")
        ->envname("ICAE_MODEL");
    command.add_option("-a,--adapter", adapter,
                       "ICAE adapter: a folder, a published .safetensors file, or a name in the model's folder");
    command.add_option("-d,--device", device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    command.add_option("--dtype", dtype, "auto, fp32, bf16 or fp16")->capture_default_str();
    command.add_flag("--json", json, "Print one JSON object");
}

Model::Options ModelOptions::options() const
{
    Model::Options result;
    result.device = device;
    result.dtype = dtype;
    return result;
}

CLI::Option* addDecoding(CLI::App& command, Decoding& decoding)
{
    return command
        .add_option_function<std::string>(
            "--decoding",
            [&decoding](const std::string& name) {
                decoding = name == namesOf(Decoding{})[0] ? Decoding::Drafted : Decoding::Plain;
            },
            "How the likeliest tokens are found: drafted, where the source proposes them and one forward checks many, "
            "or "
            "plain, one forward a token")
        ->check(CLI::IsMember({namesOf(Decoding{})[0], namesOf(Decoding{})[1]}))
        ->default_str(namesOf(decoding)[static_cast<std::size_t>(decoding)]);
}

std::shared_ptr<const Model> ModelOptions::load(CommandContext& context, const std::string& preferred) const
{
    const auto paths = findModel(model, adapter, preferred);
    auto loaded = Model::load(paths, options(), context.progress.callback(), context.stop);
    context.progress.clear();
    std::cerr << "Model: " << paths.base.string()
              << (loaded->hasAdapter() ? ", adapter: " + paths.adapter.string() : ", without an adapter") << "\n"
              << "Device: " << describeDevice(loaded->device().device) << ", " << dtypeName(loaded->weights().dtype())
              << " (" << loaded->device().reason << ")\n";
    for (const auto& remark : loaded->remarks())
        std::cerr << "Note: " << remark << "\n";
    if (loaded->device().device.is_cpu() && !blasInfo().fast)
        std::cerr << "Slow: the BLAS in use is the reference one. Install libopenblas0-pthread.\n";
    return loaded;
}

void SamplingArguments::addTo(CLI::App& command)
{
    command.add_option("--temperature", temperature, "Sample at this temperature; 0: take the likeliest token")
        ->capture_default_str();
    command.add_option("--top-k", sampling.topK, "Sample among the k likeliest tokens; 0: all")->capture_default_str();
    command.add_option("--top-p", sampling.topP, "Sample among the likeliest tokens that reach this probability")
        ->capture_default_str();
    command.add_option("--seed", sampling.seed, "Seed of the samples")->capture_default_str();
}

SamplingOptions SamplingArguments::options() const
{
    auto result = sampling;
    result.greedy = temperature == 0;
    result.temperature = result.greedy ? 1.0 : temperature;
    checkSampling(result);
    return result;
}

CLI::Range countable()
{
    return {1, 1'000'000'000};
}

void warn(const std::optional<PlanWarning>& warning)
{
    if (warning)
        std::cerr << "Warning: " << warning->message << " " << warning->remedy << "\n";
}

Source loadInput(const Model& model, const std::string& path, std::optional<std::int64_t> slots,
                 std::optional<std::int64_t> spanTokens, CommandContext& context)
{
    if (path != "-" && Memory::looksLikeMemory(path)) {
        if (slots || spanTokens)
            throw Error(ErrorKind::InvalidInput, path + " is a memory: its slots and spans are fixed.",
                        "Leave --slots and --span out, or compress the text again.");
        Source source;
        source.memory = Memory::load(path, model);
        return source;
    }
    CompressOptions options;
    options.slots = slots;
    options.spanTokens = spanTokens;
    options.sourceName = path == "-" ? "standard input" : std::filesystem::path(path).filename().string();
    auto source =
        compressSource(model, readNamedText(path, context.stop), options, context.progress.callback(), context.stop);
    context.progress.clear();
    for (const auto& warning : planWarnings(model, source.memory.header, options))
        if (warning.kind != PlanWarningKind::TooLong) // only who writes the text back needs so many positions
            warn(warning);
    return source;
}

void launchAgainDetached(const std::string& doing, const std::filesystem::path& run, const CLI::App& command)
{
    std::vector<std::string> words{command.get_name()};
    std::vector<std::string> positional{"--"}; // what follows is no option, however it begins
    for (const auto* option : command.get_options()) {
        const auto& names = option->get_lnames();
        if (option->count() == 0 || option->get_name() == detachFlag)
            continue;
        for (const auto& value : option->results()) {
            if (option->get_positional())
                positional.push_back(value);
            else
                words.push_back("--" + names.front() + "=" + value);
        }
    }
    if (positional.size() > 1)
        words.insert(words.end(), positional.begin(), positional.end());
    const auto process = beginRun(run, std::move(words));
    std::cout << doing << " in the background, process " << process << "; see icae runs " << run.string() << "\n";
}

void requireOtherFile(const std::string& output, const std::vector<std::string>& inputs)
{
    std::error_code ignored;
    for (const auto& input : inputs)
        if (!output.empty() && std::filesystem::is_regular_file(output, ignored)
            && std::filesystem::equivalent(output, input, ignored))
            throw Error(ErrorKind::InvalidInput, output + " is read and cannot be written over.",
                        "Name another file for the output.");
}

void printJson(const nlohmann::json& json)
{
    std::cout << jsonText(json, 2) << "\n";
}

std::string grouped(std::int64_t number)
{
    auto digits = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return digits;
}

std::string fixed(double number, int decimals)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, number); // NOLINT: the shortest way to fixed decimals
    return text.data();
}

} // namespace icae

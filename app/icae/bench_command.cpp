#include "command.h"

#include "check/bench.h"
#include "check/step_bench.h"
#include "check/tokenizer_bench.h"
#include "protocol/error.h"
#include "text/text_file.h"
#include "text/tokenizer_folder.h"

#include <iostream>

namespace icae {

namespace {

struct Arguments {
    ModelOptions model;
    std::string shape;
    BenchOptions bench;
    bool training = false;
    StepBenchOptions step;
    std::optional<std::int64_t> ranks;
    std::string encoded; ///< a text; the tokenizer is measured
};

int runTokenizerBench(const Arguments& arguments, CommandContext& context)
{
    // The folder's tokenizer is all that is needed: neither weights nor a configuration.
    std::filesystem::path folder = arguments.model.model;
    std::error_code ignored;
    if (std::filesystem::is_directory(folder / "base", ignored))
        folder /= "base";
    const auto words = loadFolderTokenizer(folder);
    if (!words.tokenizer)
        throw Error(ErrorKind::NotFound, folder.string() + " holds neither tokenizer.model nor tokenizer.json.",
                    "Name a folder with one by --model.");
    const auto result =
        benchTokenizer(*words.tokenizer, readTextFile(arguments.encoded), arguments.bench.rounds, context.stop);
    const auto megabytes = static_cast<double>(result.bytes) * 1e-6;
    if (arguments.model.json)
        printJson(nlohmann::json{{"tokenizer", words.file.string()},
                                 {"bytes", result.bytes},
                                 {"tokens", result.tokens},
                                 {"one_thread_seconds", result.oneThread},
                                 {"seconds", result.allThreads}});
    else
        std::cout << "encode    " << grouped(static_cast<std::int64_t>(result.bytes)) << " bytes, "
                  << grouped(static_cast<std::int64_t>(result.tokens))
                  << " tokens: " << fixed(megabytes / result.allThreads, 2) << " MB/s, on one thread "
                  << fixed(megabytes / result.oneThread, 2) << " MB/s\n";
    return exitSuccess;
}

/// A training step of the published adapter on a base of that shape, or of the model's own shape and adapter.
int runStepBench(const Arguments& arguments, CommandContext& context)
{
    auto options = arguments.step;
    options.rounds = arguments.bench.rounds;
    options.device = arguments.model.device;
    options.dtype = arguments.model.dtype;
    options.place = rankPlace(arguments.ranks, 1);
    StepBenchResult result;
    if (arguments.shape.empty()) {
        const auto paths = findModel(arguments.model.model, arguments.model.adapter, "reconstruct");
        result =
            benchAdapterStep(readLlmConfig(paths.base), AdapterFile::open(paths.adapter).config, options, context.stop);
    } else {
        result = benchAdapterStep(namedShape(arguments.shape), publishedAdapterConfig(), options, context.stop);
    }
    constexpr double gibibyte = 1 << 30;
    if (!options.place.first())
        return exitSuccess;
    const auto ranks = options.place.size;
    if (arguments.model.json)
        printJson(nlohmann::json{{"ranks", ranks},
                                 {"exchange_share", result.exchangeShare},
                                 {"training_tokens_per_s", result.tokensPerSecond},
                                 {"seconds_a_step", result.secondsAStep},
                                 {"sequences", options.sequences},
                                 {"accumulate", options.accumulate},
                                 {"trained_numbers", result.trainedNumbers},
                                 {"peak_bytes", result.peakBytes},
                                 {"device", result.device},
                                 {"dtype", result.dtype}});
    else
        std::cout << (ranks > 1 ? std::to_string(ranks) + " × " : "") << result.device << ", " << result.dtype << "\n"
                  << "training  " << fixed(result.tokensPerSecond, 0) << " context tokens/s, "
                  << fixed(1000 * result.secondsAStep, 1) << " ms a step of " << options.accumulate * options.sequences
                  << ", " << grouped(result.trainedNumbers) << " trained numbers"
                  << (result.peakBytes > 0
                          ? ", at most " + fixed(static_cast<double>(result.peakBytes) / gibibyte, 1) + " GiB"
                          : std::string())
                  << (ranks > 1 ? ", " + fixed(100 * result.exchangeShare, 1) + " % of the time in exchanges"
                                : std::string())
                  << "\n";
    return exitSuccess;
}

int runBench(const Arguments& arguments, CommandContext& context)
{
    std::shared_ptr<const Model> model;
    if (arguments.shape.empty())
        model = arguments.model.load(context, "reconstruct");
    else
        model = Model::random(namedShape(arguments.shape), publishedAdapterConfig(), arguments.model.options());
    auto options = arguments.bench;
    options.imposeAcceptance = !arguments.shape.empty();
    const auto result = bench(*model, options, context.stop);
    if (arguments.model.json) {
        printJson(nlohmann::json{
            {"decode_tokens_per_s", result.decodeTokensPerSecond},
            {"decode_ceiling_tokens_per_s", result.decodeCeiling},
            {"decode_ratio", result.decodeRatio()},
            {"drafted_tokens_per_s", result.draftedTokensPerSecond},
            {"drafted_speedup", result.draftedSpeedup},
            {"draft_errors", arguments.bench.draftErrors},
            {"accepted", result.accepted},
            {"acceptance_imposed", options.imposeAcceptance},
            {"agreement", result.agreement},
            {"drafted_forwards", result.forwards},
            {"forward_tokens_per_s", result.forwardTokensPerSecond},
            {"checking_64_in_steps", result.checkingSteps},
            {"compress_tokens_per_s", result.compressTokensPerSecond},
            {"compress_ceiling_tokens_per_s", result.compressCeiling},
            {"compress_ratio", result.compressRatio()},
            {"bandwidth_bytes_per_s", result.bandwidth},
            {"gemm_flops_per_s", result.gemmFlops},
            {"device", result.device},
            {"dtype", result.dtype},
            {"model", arguments.shape.empty() ? model->paths().base.string() : arguments.shape},
        });
        return exitSuccess;
    }
    std::cout << result.device << ", " << result.dtype << "\n"
              << "decode    " << fixed(result.decodeTokensPerSecond, 1) << " tokens/s of at most "
              << fixed(result.decodeCeiling, 1) << " (" << fixed(100 * result.decodeRatio(), 0)
              << " % of reading the weights at " << fixed(result.bandwidth / 1e9, 1) << " GB/s)\n"
              << "drafted   " << fixed(result.draftedTokensPerSecond, 1) << " tokens/s, "
              << fixed(result.draftedSpeedup, 1) << "× (" << fixed(100 * result.accepted, 1)
              << " % of the drafts accepted"
              << (options.imposeAcceptance
                      ? " as imposed, " + fixed(100 * result.agreement, 1) + " % chosen by the model itself"
                      : std::string())
              << ", " << fixed(result.forwards, 0) << " forwards; one forward over all tokens "
              << fixed(result.forwardTokensPerSecond, 1) << " tokens/s; checking " << checkedTokens << " tokens takes "
              << fixed(result.checkingSteps, 2) << " steps)\n"
              << "compress  " << fixed(result.compressTokensPerSecond, 0) << " tokens/s of at most "
              << fixed(result.compressCeiling, 0) << " (" << fixed(100 * result.compressRatio(), 0)
              << " % of the matrix products at " << fixed(result.gemmFlops / 1e9, 1) << " GFLOP/s)\n";
    return exitSuccess;
}

} // namespace

CommandAction addBench(CLI::App& program)
{
    auto* command = program.add_subcommand("bench", "Measure compressing and decoding against this machine's ceilings");
    const auto arguments = std::make_shared<Arguments>();
    arguments->model.addTo(*command);
    command->add_option("--shape", arguments->shape,
                        "Random weights of a known shape instead of a model: mistral-7b, llama-3.2-1b, qwen3-0.6b");
    auto* contextTokens = command->add_option("--context", arguments->bench.contextTokens, "Tokens to compress")
                              ->capture_default_str()
                              ->check(CLI::Range(1, 1 << 20));
    auto* decodeTokens = command->add_option("--tokens", arguments->bench.decodeTokens, "Tokens to decode")
                             ->capture_default_str()
                             ->check(CLI::Range(2, 1 << 20));
    command->add_option("--rounds", arguments->bench.rounds, "Rounds; medians are shown")
        ->capture_default_str()
        ->check(countable());
    command
        ->add_option("--draft-errors", arguments->bench.draftErrors,
                     "Share of the drafted tokens to spoil; with --shape all others count as accepted")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1.0));
    auto* training = command->add_flag("--training", arguments->training, "Measure an adapter's training step instead");
    command->add_option("--batch", arguments->step.sequences, "Spans a batch of a training step")
        ->capture_default_str()
        ->check(countable())
        ->needs(training);
    command->add_option("--accumulate", arguments->step.accumulate, "Batches a training step")
        ->capture_default_str()
        ->check(countable())
        ->needs(training);
    command->add_option("--gpus,--ranks", arguments->ranks, "GPUs of this host that share a step's spans")
        ->check(CLI::Range(std::int64_t{1}, mostRanks))
        ->needs(training);
    command
        ->add_flag("--checkpoint-activations", arguments->step.checkpointActivations,
                   "Compute layers again in the backward pass: less memory, more time")
        ->needs(training);
    training->excludes(contextTokens)->excludes(decodeTokens);
    command->add_option("--encode", arguments->encoded, "Measure the tokenizer of --model on this text instead")
        ->excludes(training)
        ->excludes(contextTokens)
        ->excludes(decodeTokens);
    command->footer("Example: icae bench --model models/nano --json\n"
                    "         icae bench --training --shape mistral-7b --batch 8\n"
                    "         icae bench --model models/nano --encode book.txt");
    return [arguments](CommandContext& context) {
        if (!arguments->encoded.empty())
            return runTokenizerBench(*arguments, context);
        return arguments->training ? runStepBench(*arguments, context) : runBench(*arguments, context);
    };
}

} // namespace icae

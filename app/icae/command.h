#pragma once

#include "icae/memory.h"
#include "icae/model.h"
#include "llm/sampler.h"
#include "protocol/json.h"
#include "protocol/text_messages.h"
#include "reading/source.h"
#include "terminal.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace icae {

/// Exit codes, as the manual page lists them.
inline constexpr int exitSuccess = 0;
inline constexpr int exitCheckFailed = 1;
inline constexpr int exitUsage = 2;
inline constexpr int exitError = 3;
inline constexpr int exitStopped = 130;

/// What every command has at hand while it runs.
struct CommandContext {
    std::stop_token stop;
    ProgressLine& progress;
};

/// What a command does once its options are read; returns an exit code.
using CommandAction = std::function<int(CommandContext&)>;

/// The options that choose model and device.
struct ModelOptions {
    std::string model; ///< from $ICAE_MODEL where not given
    std::string adapter;
    std::string device = "auto";
    std::string dtype = "auto";
    bool json = false;

    void addTo(CLI::App& command);
    /// Loads the model, and says on standard error which model and adapter it is, and which device was taken and why.
    /// @param preferred adapter to take from the model's folder where none is named
    std::shared_ptr<const Model> load(CommandContext& context, const std::string& preferred) const;
    Model::Options options() const;
};

/// The options that choose how tokens are sampled; greedy unless one is given.
struct SamplingArguments {
    double temperature = 0;
    SamplingOptions sampling;

    void addTo(CLI::App& command);
    SamplingOptions options() const;
};

/// For options that count things; CLI::PositiveNumber writes the end of its range out with all 309 digits.
CLI::Range countable();

/// The option --decoding.
CLI::Option* addDecoding(CLI::App& command, Decoding& decoding);

/// Says on standard error what a result is to be read with; nothing where there is no warning.
void warn(const std::optional<PlanWarning>& warning);

/// A memory from a memory file, or from a text file ("-": standard input) by compressing it. Warns of what the adapter
/// was not trained for.
Source loadInput(const Model& model, const std::string& path, std::optional<std::int64_t> slots,
                 std::optional<std::int64_t> spanTokens, CommandContext& context);

/// Goes on in the background: the same command with the options that were read, but --detach. Says so on standard
/// output once the other process has the run.
/// @param doing e.g. "Training"; @param run the run's folder
/// @throws Error as beginRun()
void launchAgainDetached(const std::string& doing, const std::filesystem::path& run, const CLI::App& command);

/// @throws Error (InvalidInput) where an output is one of the files that are read
void requireOtherFile(const std::string& output, const std::vector<std::string>& inputs);

/// A flag that may be given as --detach, and is never repeated by launchAgainDetached().
inline constexpr auto detachFlag = "--detach";

/// Each adds its command to the program and returns what it does.
using AddCommand = CommandAction (*)(CLI::App&);
CommandAction addInfo(CLI::App& program);
CommandAction addCompress(CLI::App& program);
CommandAction addReconstruct(CLI::App& program);
CommandAction addContinue(CLI::App& program);
CommandAction addAsk(CLI::App& program);
CommandAction addEvaluate(CLI::App& program);
CommandAction addVerify(CLI::App& program);
CommandAction addBench(CLI::App& program);
CommandAction addStudy(CLI::App& program);
CommandAction addTrain(CLI::App& program);
CommandAction addRuns(CLI::App& program);
CommandAction addServe(CLI::App& program);

/// On standard output, indented, and valid whatever its strings hold.
void printJson(const nlohmann::json& json);

/// "1,204"
std::string grouped(std::int64_t number);
/// A number with so many decimals.
std::string fixed(double number, int decimals);

} // namespace icae

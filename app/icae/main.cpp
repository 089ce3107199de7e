#include "command.h"
#include "output.h"
#include "protocol/error.h"
#include "tensor/compat.h"

#include <array>
#include <iostream>

namespace {

constexpr std::array<icae::AddCommand, 12> commands{
    icae::addInfo,  icae::addCompress, icae::addReconstruct, icae::addContinue, icae::addAsk,  icae::addEvaluate,
    icae::addStudy, icae::addVerify,   icae::addBench,       icae::addTrain,    icae::addRuns, icae::addServe,
};

/// CLI11 asks for a subcommand whatever else was given.
std::string usageMessage(const CLI::App* program, const CLI::Error& error)
{
    if (!program->get_subcommands().empty())
        return CLI::FailureMessage::simple(program, error);
    const auto given = program->remaining();
    auto message = given.empty() ? "icae: No command was given."
                                 : "icae: " + given.front() + " is not one of its commands or options.";
    message += "\nCommands:";
    for (const auto* command : program->get_subcommands({}))
        message += " " + command->get_name();
    return message + ". See icae --help.\n";
}

int report(const icae::Error& error)
{
    if (error.kind() == icae::ErrorKind::Cancelled) {
        std::cerr << error.message() << "\n";
        return icae::exitStopped;
    }
    std::cerr << "icae: " << error.message() << "\n";
    if (!error.remedy().empty())
        std::cerr << error.remedy() << "\n";
    if (!error.details().empty()) // LibTorch's begin with what went wrong, and go on with its stack
        std::cerr << "Details: " << error.details().substr(0, error.details().find('\n')) << "\n";
    return icae::exitError;
}

int run(CLI::App& program, const std::vector<icae::CommandAction>& actions, int argc, char** argv)
{
    icae::ProgressLine progress;
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? icae::exitSuccess : icae::exitUsage;
    }
    const icae::StopOnSignal signals;
    icae::CommandContext context{signals.token(), progress};
    const auto all = program.get_subcommands({});
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i]->parsed())
            return actions[i](context);
    return icae::exitUsage;
}

/// What an action returns, or the exit code of what it throws, which is reported.
int reporting(const std::function<int()>& action)
{
    try {
        return action();
    } catch (const icae::Error& error) {
        return report(error);
    } catch (const std::exception& error) {
        return report(icae::compat::asError(error));
    }
}

} // namespace

int main(int argc, char** argv)
{
    icae::openStandardDescriptors();
    icae::prepareProcess(argv);
    const icae::StandardStreams streams;
    CLI::App program(
        "In-context autoencoder: compress a text into a few memory slots that a frozen language model reads.", "icae");
    program.require_subcommand(1);
    program.set_version_flag("--version", ICAE_VERSION);
    program.footer("Exit codes: 0 success, 1 a check failed, 2 wrong usage, 3 an error, 130 stopped with Ctrl-C.\n"
                   "`icae COMMAND --help` shows a command's options and an example.");
    program.failure_message(usageMessage);
    std::vector<icae::CommandAction> actions;
    actions.reserve(std::size(commands));
    for (const auto add : commands)
        actions.push_back(add(program));
    const auto code = reporting([&] { return run(program, actions, argc, argv); });
    const auto written = reporting([] {
        icae::StandardStreams::finish();
        return icae::exitSuccess;
    });
    return code == icae::exitSuccess ? written : code;
}

#include "command.h"

#include "engine/server.h"
#include "protocol/error.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <unistd.h>

namespace icae {

namespace {

/// Standard output for the protocol alone: what anything else writes there goes to standard error.
int takeStandardOutput()
{
    const int output = dup(STDOUT_FILENO);
    if (output < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        throw Error(ErrorKind::Io,
                    std::string("Standard output cannot be used: ") + std::strerror(errno) + ".", // NOLINT
                    "Start the engine with standard output connected to a client.");
    return output;
}

int serveClient(CommandContext& context)
{
    std::signal(SIGPIPE, SIG_IGN); // a client that is gone is noticed when writing
    std::signal(SIGCHLD, SIG_IGN); // runs that it started need nobody to bury them
    const int output = takeStandardOutput();
    switch (serve(STDIN_FILENO, output, ICAE_VERSION, context.stop)) {
    case ServeEnd::DeviceFailed:
        std::cerr << "The device failed; this engine cannot go on. Start another one.\n";
        return exitError;
    case ServeEnd::Stopped:
        return exitStopped;
    case ServeEnd::InputEnded:
    case ServeEnd::OutputBroken:
        break;
    }
    return exitSuccess;
}

} // namespace

CommandAction addServe(CLI::App& program)
{
    auto* command =
        program.add_subcommand("serve", "Be the engine of a graphical client, on standard input and output");
    command->footer("Speaks JSON-RPC 2.0 in frames with Content-Length; ends when its input does. Log on standard\n"
                    "error. Nothing listens on a network.\n"
                    "Example: icae serve, or from another machine: ssh gpu-host icae serve");
    return [](CommandContext& context) { return serveClient(context); };
}

} // namespace icae

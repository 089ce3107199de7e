#pragma once

#include "protocol/error.h"

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <sys/types.h>
#include <vector>

namespace icae {

/// A program to start and leave alone.
struct Launch {
    std::vector<std::string> arguments; ///< of this program, its own name left out
    std::filesystem::path output; ///< file that what it prints is appended to
};

/// Starts this program anew in a session of its own, so that nothing that happens to this one concerns it: neither a
/// closed terminal nor this process's end. It inherits no open file.
/// @return its process number
/// @throws Error (Internal) where no process can be started
pid_t launchDetached(const Launch& launch);

/// Starts this program with this process's own arguments, beside it: in the same session, with the same standard error,
/// and nothing on standard input and output. It inherits no other open file.
/// @param environment "NAME=value", in place of what this process has of that name
/// @return its process number
/// @throws Error (Internal) where no process can be started
pid_t launchTwin(const std::vector<std::string>& environment);

/// What a process of this program left that was waited for.
struct Ended {
    int code = 0;
    int signal = 0; ///< that ended it; 0: it ended by itself
    std::string output;
    std::string error; ///< what it printed there
};

/// Starts this program anew, in a session of its own, and waits for its end.
/// @throws Error (Internal) where no process can be started; (Cancelled) once it is gone, where it was stopped
Ended runApart(const std::vector<std::string>& arguments, const std::stop_token& stop);

/// What a process of this program said of its last error: "icae: sentence", and the remedy on the next line.
/// @return nothing where it said of none; the end of it all as details
std::optional<Error> errorSaid(const std::string& said);

} // namespace icae

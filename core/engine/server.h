#pragma once

#include <stop_token>
#include <string>

namespace icae {

enum class ServeEnd {
    InputEnded, ///< the client closed its end
    Stopped, ///< on request
    OutputBroken, ///< nobody reads the answers any more
    DeviceFailed, ///< a device failed; this process cannot go on
};

/// Serves one client until it closes its end: JSON-RPC 2.0 in frames, see protocol/engine_protocol.h. What still runs
/// then is cancelled. Blocks.
/// @param input descriptor to read from
/// @param output descriptor to write to; nobody else may
/// @param version of this program
ServeEnd serve(int input, int output, const std::string& version, const std::stop_token& stop);

} // namespace icae

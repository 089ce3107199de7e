#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace icae {

/// When a process began, in clock ticks since the machine's start (field 22 of /proc/PID/stat); empty where it is gone,
/// or dead and only not yet buried by its parent.
std::string startOf(std::int64_t pid);

/// When this process began, its libraries not yet loaded; now, where the system does not tell.
std::chrono::steady_clock::time_point processStart();

} // namespace icae

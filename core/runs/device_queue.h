#pragma once

#include "protocol/train_messages.h"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace icae {

/// A training run's share of a device of this machine, for as long as it lives: runs that queue begin when all others
/// have left it, one after the other. Who waits is a process; in which order stands in a file, so that it outlives
/// whoever started it. Where processes cannot meet, nobody waits.
class DevicePlace {
public:
    /// @param device id, e.g. "cpu" or "cuda:0"; @param run folder
    DevicePlace(std::string device, const std::filesystem::path& run);
    ~DevicePlace();
    DevicePlace(const DevicePlace&) = delete;
    DevicePlace& operator=(const DevicePlace&) = delete;

    /// Takes the device beside whoever has it.
    void share();
    /// Takes it after all others.
    /// @param waiting told how many runs are before it, at first and whenever that changes
    /// @throws Error (Cancelled)
    void await(const std::stop_token& stop, const std::function<void(std::int64_t before)>& waiting);

private:
    void leave();

    std::string m_device;
    std::string m_run;
    int m_busy = -1; ///< file that runs on the device hold a lock on
};

/// Who trains, and who waits, on this machine's devices.
RunQueue deviceQueues();

/// Gives a waiting run another place among those that wait for its device.
/// @param place from 0; beyond the last: the last
/// @throws Error (NotFound) where it does not wait; (Io)
RunQueue moveInQueue(const std::filesystem::path& run, std::int64_t place);

} // namespace icae

#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace icae {

/// Says to the runs on a device of this machine that an engine answers a person there, for as long as it lives. A
/// process that is killed says so no longer. Where processes cannot meet, nothing happens.
class DeviceTurn {
public:
    /// @param device id, e.g. "cpu" or "cuda:0"
    explicit DeviceTurn(const std::string& device);
    ~DeviceTurn();
    DeviceTurn(const DeviceTurn&) = delete;
    DeviceTurn& operator=(const DeviceTurn&) = delete;

private:
    int m_file = -1;
};

/// What a status says of a run that gives way.
inline constexpr auto pausedForAnEngine = "Paused while an engine on this device answers.";

/// A run's side: gives way between forwards.
class DeviceWatch {
public:
    explicit DeviceWatch(const std::string& device);
    ~DeviceWatch();
    DeviceWatch(const DeviceWatch&) = delete;
    DeviceWatch& operator=(const DeviceWatch&) = delete;

    bool isTaken() const; ///< an engine answers a person there
    /// Returns at once unless the device is taken; then waits until it is free, or the run is to stop.
    /// @param paused called with true where it waits, and with false when it goes on
    /// @return how long it waited
    std::chrono::duration<double> giveWay(const std::stop_token& stop, const std::function<void(bool)>& paused) const;

private:
    int m_file = -1;
};

} // namespace icae

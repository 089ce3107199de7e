#include "runs/device_turn.h"

#include "runs/places.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace icae {

namespace {

using namespace std::chrono_literals;

constexpr auto lookAgain = 10ms; // while an engine answers
constexpr auto quietBefore = 250ms; // a person's next request often follows at once

int openLock(const std::string& device)
{
    const auto folder = meetingFolder();
    if (folder.empty())
        return -1;
    auto name = device;
    std::replace(name.begin(), name.end(), ':', '-');
    return open((folder / ("answering-" + name)).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600); // NOLINT: POSIX
}

struct flock wholeFile(short type)
{
    struct flock lock { };
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

} // namespace

DeviceTurn::DeviceTurn(const std::string& device)
    : m_file(openLock(device))
{
    auto lock = wholeFile(F_RDLCK); // shared: several engines may answer at once
    if (m_file >= 0)
        fcntl(m_file, F_OFD_SETLK, &lock); // NOLINT: POSIX
}

DeviceTurn::~DeviceTurn()
{
    if (m_file >= 0)
        close(m_file);
}

DeviceWatch::DeviceWatch(const std::string& device)
    : m_file(openLock(device))
{
}

DeviceWatch::~DeviceWatch()
{
    if (m_file >= 0)
        close(m_file);
}

bool DeviceWatch::isTaken() const
{
    auto lock = wholeFile(F_WRLCK); // asks only: nobody who wants to answer ever waits for a run
    return m_file >= 0 && fcntl(m_file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK; // NOLINT: POSIX
}

std::chrono::duration<double> DeviceWatch::giveWay(const std::stop_token& stop,
                                                   const std::function<void(bool)>& paused) const
{
    using Clock = std::chrono::steady_clock;
    if (!isTaken())
        return {};
    const auto start = Clock::now();
    paused(true);
    for (auto last = start; Clock::now() - last < quietBefore && !stop.stop_requested();) {
        std::this_thread::sleep_for(lookAgain);
        if (isTaken())
            last = Clock::now();
    }
    paused(false);
    return Clock::now() - start;
}

} // namespace icae

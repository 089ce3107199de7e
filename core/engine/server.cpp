#include "engine/server.h"

#include "engine/dispatcher.h"
#include "protocol/frame.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace icae {

namespace {

constexpr std::size_t readAtOnce = std::size_t{1} << 16U;

/// A descriptor that becomes readable when another thread says so.
class Alarm {
public:
    Alarm()
        : m_file(eventfd(0, EFD_CLOEXEC))
    {
    }
    ~Alarm() { close(m_file); }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    void ring() const { eventfd_write(m_file, 1); }
    int file() const { return m_file; }

private:
    int m_file;
};

enum class Event { Input, Alarm, OutputGone };

/// Waits for input, or for a reason not to.
Event waitForInput(int input, int output, const Alarm& alarm)
{
    std::array<pollfd, 3> files{{{input, POLLIN, 0}, {alarm.file(), POLLIN, 0}, {output, 0, 0}}};
    while (poll(files.data(), files.size(), -1) < 0 && errno == EINTR) { }
    if (files[1].revents != 0)
        return Event::Alarm;
    return (files[2].revents & (POLLERR | POLLHUP)) != 0 ? Event::OutputGone : Event::Input;
}

/// Ends the process where what still runs does not stop in time: nobody waits for it any more.
class LastResort {
public:
    /// @param channel takes nothing more at the end; @param code to exit with
    LastResort(Channel& channel, int code)
        : m_thread([code](const std::stop_token& inTime) {
            std::mutex mutex;
            std::unique_lock lock(mutex);
            std::condition_variable_any ended;
            if (!ended.wait_for(lock, inTime, patience, [] { return false; }) && !inTime.stop_requested())
                _exit(code);
        })
    {
        channel.endBy(std::chrono::steady_clock::now() + patience / 2);
    }

    static constexpr auto patience = std::chrono::milliseconds(900);

private:
    std::jthread m_thread;
};

} // namespace

ServeEnd serve(int input, int output, const std::string& version, const std::stop_token& stop)
{
    const Alarm alarm;
    std::atomic<bool> deviceFailed = false;
    Channel channel(output, input);
    std::optional<LastResort> lastResort; // outlives what it watches
    const std::stop_callback onStop(stop, [&] {
        channel.endBy(std::chrono::steady_clock::now() + LastResort::patience / 2);
        alarm.ring();
    });
    Session session(version);
    Dispatcher dispatcher(session, channel, [&] {
        deviceFailed = true;
        alarm.ring();
    });
    FrameReader frames(protocol::longestContent);
    std::vector<char> buffer(readAtOnce);
    while (!channel.isBroken()) {
        const auto event = waitForInput(input, output, alarm);
        if (event == Event::OutputGone) {
            lastResort.emplace(channel, 0);
            return ServeEnd::OutputBroken;
        }
        if (event == Event::Alarm)
            break;
        const auto count = read(input, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            if (frames.midFrame())
                std::cerr << "The input ended in the middle of a message.\n";
            lastResort.emplace(channel, 0);
            return ServeEnd::InputEnded;
        }
        frames.append({buffer.data(), static_cast<std::size_t>(count)});
        while (const auto frame = frames.next()) {
            if (frame->fault.empty())
                dispatcher.take(frame->content);
            else
                dispatcher.refuse({}, protocol::parseError, frame->fault);
        }
    }
    if (deviceFailed)
        return ServeEnd::DeviceFailed;
    if (channel.isBroken())
        lastResort.emplace(channel, 0);
    return channel.isBroken() ? ServeEnd::OutputBroken : ServeEnd::Stopped;
}

} // namespace icae

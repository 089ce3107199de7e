#include "engine/server.h"

#include "engine/dispatcher.h"
#include "protocol/frame.h"

#include <array>
#include <cerrno>
#include <iostream>
#include <poll.h>
#include <sys/eventfd.h>
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

/// Waits for input. False where the alarm rang.
bool waitForInput(int input, const Alarm& alarm)
{
    std::array<pollfd, 2> files{{{input, POLLIN, 0}, {alarm.file(), POLLIN, 0}}};
    while (poll(files.data(), files.size(), -1) < 0 && errno == EINTR) { }
    return files[1].revents == 0;
}

} // namespace

ServeEnd serve(int input, int output, const std::string& version, const std::stop_token& stop)
{
    const Alarm alarm;
    std::atomic<bool> deviceFailed = false;
    const std::stop_callback onStop(stop, [&] { alarm.ring(); });
    Channel channel(output);
    Session session(version);
    Dispatcher dispatcher(session, channel, [&] {
        deviceFailed = true;
        alarm.ring();
    });
    FrameReader frames(protocol::longestContent);
    std::vector<char> buffer(readAtOnce);
    while (waitForInput(input, alarm) && !channel.isBroken()) {
        const auto count = read(input, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            if (frames.midFrame())
                std::cerr << "The input ended in the middle of a message.\n";
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
    return channel.isBroken() ? ServeEnd::OutputBroken : ServeEnd::Stopped;
}

} // namespace icae

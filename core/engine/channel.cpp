#include "engine/channel.h"

#include "protocol/frame.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace icae {

namespace {

constexpr std::size_t writtenAtOnce = PIPE_BUF; // a pipe with room takes so much without waiting
constexpr int endIsSeen = 50; // milliseconds
constexpr auto patience = std::chrono::milliseconds(450); // with a client that is going

} // namespace

Channel::Channel(int file, int input)
    : m_file(file)
    , m_input(input)
{
}

void Channel::result(const RequestId& id, nlohmann::json result)
{
    send(resultContent(id, std::move(result)));
}

void Channel::error(const RequestId& id, const RpcError& error)
{
    send(errorContent(id, error));
}

void Channel::send(const std::string& content)
{
    const auto frame = framed(content);
    const std::scoped_lock lock(m_mutex);
    for (std::size_t sent = 0; sent < frame.size() && !m_broken;) {
        if (!waitForRoom())
            continue;
        const auto count = write(m_file, frame.data() + sent, std::min(frame.size() - sent, writtenAtOnce));
        if (count >= 0)
            sent += static_cast<std::size_t>(count);
        else if (errno != EINTR && errno != EAGAIN)
            m_broken = true;
    }
}

/// False where there is none yet, or never will be.
bool Channel::waitForRoom()
{
    std::array<pollfd, 2> files{{{m_file, POLLOUT, 0}, {m_input, 0, 0}}};
    poll(files.data(), files.size(), endIsSeen);
    const auto now = std::chrono::steady_clock::now();
    if ((files[0].revents & POLLOUT) != 0)
        return true;
    if ((files[1].revents & (POLLHUP | POLLERR)) != 0) {
        m_end = std::min(m_end.load(), now + patience);
        std::this_thread::sleep_for(std::chrono::milliseconds(endIsSeen)); // what has hung up is always ready
    }
    if (files[0].revents != 0 || now > m_end.load())
        m_broken = true;
    return false;
}

} // namespace icae

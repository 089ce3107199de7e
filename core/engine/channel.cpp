#include "engine/channel.h"

#include "protocol/frame.h"

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace icae {

Channel::Channel(int file)
    : m_file(file)
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
        const auto count = write(m_file, frame.data() + sent, frame.size() - sent);
        if (count >= 0)
            sent += static_cast<std::size_t>(count);
        else if (errno != EINTR)
            m_broken = true;
    }
}

} // namespace icae

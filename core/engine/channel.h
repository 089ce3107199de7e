#pragma once

#include "protocol/engine_protocol.h"
#include "protocol/fields.h"
#include "protocol/rpc.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

namespace icae {

/// The engine's way out: messages from any thread, each written whole.
class Channel {
public:
    /// @param file descriptor to write frames to; not closed
    explicit Channel(int file);

    void result(const RequestId& id, nlohmann::json result);
    void error(const RequestId& id, const RpcError& error);
    template <typename Params> void notify(const protocol::Notification<Params>& note, const Params& params)
    {
        send(notificationContent(note.name, nlohmann::json(params)));
    }

    bool isBroken() const { return m_broken; } ///< nobody reads any more

private:
    void send(const std::string& content);

    int m_file;
    std::mutex m_mutex;
    std::atomic<bool> m_broken = false;
};

} // namespace icae

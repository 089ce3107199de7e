#pragma once

#include "protocol/engine_protocol.h"
#include "protocol/fields.h"
#include "protocol/rpc.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>

namespace icae {

/// The engine's way out: messages from any thread, each written whole.
class Channel {
public:
    /// @param file descriptor to write frames to; not closed
    /// @param input where requests come from: when its other end is gone, nobody is waited for long; -1: unknown
    explicit Channel(int file, int input = -1);

    void result(const RequestId& id, nlohmann::json result);
    void error(const RequestId& id, const RpcError& error);
    template <typename Params> void notify(const protocol::Notification<Params>& note, const Params& params)
    {
        send(notificationContent(note.name, nlohmann::json(params)));
    }

    /// What is not taken by then is lost: for the end, when a client that does not read must not hold the engine up.
    void endBy(std::chrono::steady_clock::time_point end) { m_end = end; }
    bool isBroken() const { return m_broken; } ///< nobody reads any more

private:
    void send(const std::string& content);
    bool waitForRoom();

    int m_file;
    int m_input;
    std::mutex m_mutex;
    std::atomic<bool> m_broken = false;
    std::atomic<std::chrono::steady_clock::time_point> m_end = std::chrono::steady_clock::time_point::max();
};

} // namespace icae

#pragma once

#include "protocol/engine_protocol.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/frame.h"
#include "protocol/rpc.h"

#include <cstdlib>
#include <string>
#include <unistd.h>

namespace icae {

/// The fake engine's standard output.
class FakeChannel {
public:
    static void send(const std::string& bytes)
    {
        for (std::size_t sent = 0; sent < bytes.size();) {
            const auto count = write(STDOUT_FILENO, bytes.data() + sent, bytes.size() - sent);
            if (count <= 0)
                std::exit(0); // NOLINT(concurrency-mt-unsafe): one thread
            sent += static_cast<std::size_t>(count);
        }
    }

    template <typename Result> static void answer(const RequestId& id, const Result& result)
    {
        send(framed(resultContent(id, nlohmann::json(result))));
    }

    static void refuse(const RequestId& id, const Error& error) { send(framed(errorContent(id, toRpcError(error)))); }

    template <typename Note> static void notify(const protocol::Notification<Note>& notification, const Note& note)
    {
        send(framed(notificationContent(notification.name, nlohmann::json(note))));
    }
};

} // namespace icae

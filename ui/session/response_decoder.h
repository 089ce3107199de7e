#pragma once

#include "protocol/rpc.h"

#include <QObject>
#include <QThreadPool>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace icae {

/// A message that has been taken apart.
struct DecodedMessage {
    RpcMessage message; ///< without the result
    std::function<void()> deliver; ///< hands a result over; empty where there is none
    std::optional<Error> fault; ///< the message or its result could not be understood
};

/// Parses the engine's messages on a thread of its own, in their order: a large result takes longer than the window may
/// stand still.
class ResponseDecoder {
public:
    /// Makes a typed value of a result and returns what hands it over; throws Error.
    using Decode = std::function<std::function<void()>(const nlohmann::json& result)>;
    using Receiver = std::function<void(const DecodedMessage&)>;

    /// @param receiver called on the context's thread; not after the context or this object is gone
    ResponseDecoder(QObject* context, Receiver receiver);
    ~ResponseDecoder();
    ResponseDecoder(const ResponseDecoder&) = delete;
    ResponseDecoder& operator=(const ResponseDecoder&) = delete;

    void expect(std::int64_t id, Decode decode);
    void forget(std::int64_t id);
    void push(std::string content);

private:
    DecodedMessage decode(const std::string& content);

    QObject* m_context;
    std::shared_ptr<const Receiver> m_receiver;
    std::mutex m_mutex;
    std::map<std::int64_t, Decode> m_expected;
    QThreadPool m_thread;
};

} // namespace icae

#pragma once

#include "protocol/error.h"
#include "protocol/request_id.h"

#include <optional>
#include <string>
#include <string_view>

namespace icae {

/// Why a request failed, as JSON-RPC carries it.
struct RpcError {
    int code = 0; ///< see engine_protocol.h
    std::string message; ///< a sentence
    std::string kind; ///< as errorKindName()
    std::string remedy;
    std::string details;
};

/// A request (id and method), a notification (method alone) or a response (id, with a result or an error).
struct RpcMessage {
    RequestId id;
    std::string method; ///< empty for a response
    nlohmann::json params = nlohmann::json::object(); ///< always an object
    nlohmann::json result;
    std::optional<RpcError> error;

    bool isRequest() const { return !method.empty() && !id.isNull(); }
    bool isResponse() const { return method.empty(); }
};

/// A message that cannot be understood: what to reply, and to whom as far as that can be told.
class RpcFault : public Error {
public:
    RpcFault(int code, RequestId id, const std::string& message, std::string details = {});

    int code() const noexcept { return m_code; }
    const RequestId& id() const noexcept { return m_id; }

private:
    int m_code;
    RequestId m_id;
};

/// @throws RpcFault for what is no JSON (parseError) or no JSON-RPC message (invalidRequest)
RpcMessage parseMessage(std::string_view content);

// Contents of frames. Texts that are not valid UTF-8 (file names) are mended.
std::string requestContent(const RequestId& id, std::string_view method, nlohmann::json params);
std::string notificationContent(std::string_view method, nlohmann::json params);
std::string resultContent(const RequestId& id, nlohmann::json result);
std::string errorContent(const RequestId& id, const RpcError& error);

/// @param code of the response; absent: requestFailed, or requestCancelled where it was
RpcError toRpcError(const Error& error, std::optional<int> code = {});
/// For the client: kinds that it does not know are Internal.
Error toError(const RpcError& error);

} // namespace icae

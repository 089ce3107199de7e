#include "protocol/rpc.h"

#include "protocol/engine_protocol.h"
#include "protocol/json_text.h"

#include <algorithm>
#include <utility>

namespace icae {

namespace {

constexpr auto jsonRpc = "2.0";

std::string dumped(const nlohmann::json& json)
{
    return jsonText(json);
}

nlohmann::json envelope()
{
    return {{"jsonrpc", jsonRpc}};
}

RpcError readError(const JsonReader& reader)
{
    RpcError error;
    error.code = static_cast<int>(reader.integer("code", INT32_MIN, INT32_MAX));
    error.message = reader.text("message");
    if (reader.has("data") && reader.at("data").is_object()) {
        const auto data = reader.object("data");
        error.kind = data.text("kind", {});
        error.remedy = data.text("remedy", {});
        error.details = data.text("details", {});
    }
    return error;
}

RpcMessage readMessage(const JsonReader& reader, RpcMessage message)
{
    if (reader.text("jsonrpc") != jsonRpc)
        reader.fail("jsonrpc", "\"2.0\"");
    if (reader.has("method")) {
        message.method = reader.text("method");
        if (message.method.empty())
            reader.fail("method", "the name of a method");
        if (reader.has("params"))
            message.params = reader.object("params").json();
        return message;
    }
    if (reader.has("error"))
        message.error = readError(reader.object("error"));
    else if (reader.json().contains("result"))
        message.result = reader.json()["result"];
    else
        reader.fail("method", "the name of a method");
    return message;
}

} // namespace

RpcFault::RpcFault(int code, RequestId id, const std::string& message, std::string details)
    : Error(ErrorKind::InvalidInput, message, "Client and engine do not understand each other: use the same version.",
            std::move(details))
    , m_code(code)
    , m_id(std::move(id))
{
}

RpcMessage parseMessage(std::string_view content)
{
    std::optional<JsonReader> reader;
    try {
        reader = JsonReader::parse(content, "The message");
    } catch (const Error& error) {
        const bool list =
            content.substr(std::min(content.find_first_not_of(" \t\r\n"), content.size())).starts_with('[');
        if (list && error.message().find("JSON object") != std::string::npos)
            throw RpcFault(protocol::invalidRequest, {}, "Batches are not supported: send each request as a message.");
        throw RpcFault(protocol::parseError, {}, error.message(), error.details());
    }
    RpcMessage message;
    try {
        if (reader->json().contains("id") && reader->json()["id"].is_null() && reader->has("method"))
            throw RpcFault(protocol::invalidRequest, {}, "The id of a request must not be null.");
        if (reader->has("id"))
            message.id = RequestId::read(*reader, "id");
        return readMessage(*reader, message);
    } catch (const Error& error) {
        throw RpcFault(protocol::invalidRequest, message.id, error.message());
    }
}

std::string requestContent(const RequestId& id, std::string_view method, nlohmann::json params)
{
    auto json = envelope();
    json["id"] = id.toJson();
    json["method"] = method;
    json["params"] = std::move(params);
    return dumped(json);
}

std::string notificationContent(std::string_view method, nlohmann::json params)
{
    auto json = envelope();
    json["method"] = method;
    json["params"] = std::move(params);
    return dumped(json);
}

std::string resultContent(const RequestId& id, nlohmann::json result)
{
    auto json = envelope();
    json["id"] = id.toJson();
    json["result"] = std::move(result);
    return dumped(json);
}

std::string errorContent(const RequestId& id, const RpcError& error)
{
    auto json = envelope();
    json["id"] = id.toJson();
    json["error"] = {{"code", error.code},
                     {"message", error.message},
                     {"data", {{"kind", error.kind}, {"remedy", error.remedy}, {"details", error.details}}}};
    return dumped(json);
}

RpcError toRpcError(const Error& error, std::optional<int> code)
{
    const bool cancelled = error.kind() == ErrorKind::Cancelled;
    return {code.value_or(cancelled ? protocol::requestCancelled : protocol::requestFailed), error.message(),
            errorKindName(error.kind()), error.remedy(), error.details()};
}

Error toError(const RpcError& error)
{
    return {errorKindNamed(error.kind), error.message, error.remedy, error.details};
}

} // namespace icae

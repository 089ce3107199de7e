// An engine that does what its requests' texts say: for tests of the client, without a model.
//
//   fake_engine [STATE_FILE]: counts its starts in the file, by one byte each.
//
// text/plan answers with as many tokens as the text has bytes; other texts: "hang" (no answer until it is cancelled),
// "die" (killed at once), "exit" (ends with 7 and a last word on standard error), "torn" (half an answer, then killed),
// "noise" (rubbish around the answer), "twice" (answers twice), "wrong" (a field of another type), "stream" (progress
// and tokens first), "stale" (progress of a request that nobody made).

#include "protocol/engine_protocol.h"
#include "protocol/fields.h"
#include "protocol/frame.h"
#include "protocol/rpc.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <unistd.h>

using namespace icae;

namespace {

void send(const std::string& bytes)
{
    for (std::size_t sent = 0; sent < bytes.size();) {
        const auto count = write(STDOUT_FILENO, bytes.data() + sent, bytes.size() - sent);
        if (count <= 0)
            std::exit(0); // NOLINT(concurrency-mt-unsafe): one thread
        sent += static_cast<std::size_t>(count);
    }
}

template <typename Result> void answer(const RequestId& id, const Result& result)
{
    send(framed(resultContent(id, nlohmann::json(result))));
}

void plan(const RpcMessage& message, std::set<RequestId>& hanging)
{
    const auto params = fromJson<PlanParams>(JsonReader(message.params, "test"));
    TextPlan result;
    result.tokens = static_cast<std::int64_t>(params.text.size());
    if (params.text == "hang") {
        hanging.insert(message.id);
        return;
    }
    if (params.text == "die")
        raise(SIGKILL);
    if (params.text == "exit") {
        std::cerr << "last words\n" << std::flush;
        _exit(7);
    }
    if (params.text == "torn") {
        const auto whole = framed(resultContent(message.id, nlohmann::json(result)));
        send(whole.substr(0, whole.size() / 2));
        raise(SIGKILL);
    }
    if (params.text == "noise")
        send("Warning: something that is no frame\n");
    if (params.text == "wrong") {
        send(framed(resultContent(message.id, {{"tokens", "many"}})));
        return;
    }
    if (params.text == "stream") {
        send(framed(notificationContent(
            protocol::progress.name,
            nlohmann::json(ProgressNote{message.id, "Working", 1, 2, "tokens", 0.5, std::nullopt, std::nullopt}))));
        for (const char* piece : {"a", "b", "c"})
            send(framed(notificationContent(protocol::tokens.name,
                                            nlohmann::json(TokensNote{message.id, 1, {{0, 1, piece}}}))));
    }
    if (params.text == "stale")
        send(framed(notificationContent(
            protocol::progress.name,
            nlohmann::json(ProgressNote{99999, "Stale", 1, 2, "tokens", 0.5, std::nullopt, std::nullopt}))));
    answer(message.id, result);
    if (params.text == "twice")
        answer(message.id, result);
}

void take(const RpcMessage& message, std::set<RequestId>& hanging)
{
    if (message.method == protocol::initialize.name) {
        InitializeResult result;
        result.protocolVersion = protocol::version;
        result.engineVersion = "fake";
        answer(message.id, result);
    } else if (message.method == protocol::textPlan.name) {
        plan(message, hanging);
    } else if (message.method == protocol::modelsLoad.name) {
        LoadedModel model;
        model.base = fromJson<LoadModelParams>(JsonReader(message.params, "test")).base;
        answer(message.id, model);
    } else if (message.method == protocol::status.name) {
        answer(message.id, EngineStatus{});
    } else if (message.method == protocol::cancelRequest.name) {
        const auto id = fromJson<CancelParams>(JsonReader(message.params, "test")).id;
        if (hanging.erase(id) > 0)
            send(framed(errorContent(id, toRpcError(Error(ErrorKind::Cancelled, "Cancelled.", {})))));
    } else if (message.isRequest()) {
        send(framed(errorContent(message.id, toRpcError(Error(ErrorKind::Unsupported, "Not here.", "Elsewhere.")))));
    }
}

} // namespace

int main(int argc, char** argv)
{
    if (argc > 1)
        std::ofstream(argv[1], std::ios::app) << '.';
    std::cerr << "fake engine started\n" << std::flush;
    FrameReader frames(protocol::longestContent);
    std::set<RequestId> hanging;
    std::string buffer(1U << 16U, '\0');
    while (true) {
        const auto count = read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count <= 0)
            return 0;
        frames.append({buffer.data(), static_cast<std::size_t>(count)});
        while (const auto frame = frames.next())
            take(parseMessage(frame->content), hanging);
    }
}

// An engine that does what its requests' texts say: for tests of the client, without a model.
//
//   fake_engine [STATE_FILE]: counts its starts in the file, by one byte each.
//
// text/plan answers with as many tokens as the text has bytes; other texts: "hang" (no answer until it is cancelled),
// "die" (killed at once), "exit" (ends with 7 and a last word on standard error), "torn" (half an answer, then killed),
// "noise" (rubbish around the answer), "twice" (answers twice), "wrong" (a field of another type), "stream" (progress
// and tokens first), "stale" (progress of a request that nobody made).

//
// Texts may also hold "{late}" (no answer until it is cancelled) and "{stubborn}" (answers when it is cancelled, as an
// engine does that was just about to). What it does with models is in fake_model.h.

#include "fake_channel.h"
#include "fake_chat.h"
#include "fake_model.h"
#include "fake_runs.h"

#include <csignal>
#include <fstream>
#include <iostream>
#include <map>

using namespace icae;

namespace {

/// Requests that wait for their cancellation, and what they answer then; a refusal where there is nothing.
using Hanging = std::map<std::int64_t, std::optional<TextPlan>>;

bool says(const std::string& text, const char* word)
{
    return text.find(word) != std::string::npos;
}

/// A token a byte, in spans.
TextPlan planOf(const PlanParams& params)
{
    TextPlan plan;
    plan.tokens = static_cast<std::int64_t>(params.text.size());
    plan.spans = fakeSpans(params.text.size(), params.spanTokens.value_or(512), params.slots.value_or(128));
    plan.slots = static_cast<std::int64_t>(plan.spans.size()) * params.slots.value_or(128);
    plan.ratio = plan.slots == 0 ? 0 : static_cast<double>(plan.tokens) / static_cast<double>(plan.slots);
    if (plan.tokens < plan.slots)
        plan.warnings.push_back({PlanWarningKind::Expands, "The memory would be larger than the text.",
                                 "Use fewer slots, or a longer text."});
    return plan;
}

void plan(const RpcMessage& message, Hanging& hanging)
{
    const auto params = fromJson<PlanParams>(JsonReader(message.params, "test"));
    const auto result = planOf(params);
    if (params.text == "hang" || says(params.text, "{late}")) {
        hanging[message.id.number()] = std::nullopt;
        return;
    }
    if (says(params.text, "{stubborn}")) {
        hanging[message.id.number()] = result;
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
        FakeChannel::send(whole.substr(0, whole.size() / 2));
        raise(SIGKILL);
    }
    if (params.text == "noise")
        FakeChannel::send("Warning: something that is no frame\n");
    if (params.text == "wrong") {
        FakeChannel::send(framed(resultContent(message.id, {{"tokens", "many"}})));
        return;
    }
    if (params.text == "stream") {
        FakeChannel::notify(protocol::progress,
                            ProgressNote{message.id, "Working", 1, 2, "tokens", 0.5, std::nullopt, std::nullopt});
        for (const char* piece : {"a", "b", "c"})
            FakeChannel::notify(protocol::tokens, TokensNote{message.id, 1, {{0, 1, piece}}});
    }
    if (params.text == "stale")
        FakeChannel::notify(protocol::progress,
                            ProgressNote{99999, "Stale", 1, 2, "tokens", 0.5, std::nullopt, std::nullopt});
    FakeChannel::answer(message.id, result);
    if (params.text == "twice")
        FakeChannel::answer(message.id, result);
}

void cancel(const RequestId& id, Hanging& hanging, FakeModel& model, FakeChat& chat)
{
    const auto found = hanging.find(id.number());
    if (found == hanging.end()) {
        if (!chat.cancel(id))
            model.cancel(id);
        return;
    }
    if (found->second)
        FakeChannel::answer(id, *found->second);
    else
        FakeChannel::refuse(id, Error(ErrorKind::Cancelled, "Cancelled.", {}));
    hanging.erase(found);
}

void take(const RpcMessage& message, Hanging& hanging, FakeModel& model, FakeRuns& runs, FakeChat& chat)
{
    if (message.method == protocol::initialize.name) {
        InitializeResult result;
        result.protocolVersion = protocol::version;
        result.engineVersion = "fake";
        result.devices = FakeModel::devices();
        FakeChannel::answer(message.id, result);
    } else if (message.method == protocol::textPlan.name) {
        plan(message, hanging);
    } else if (message.method == protocol::cancelRequest.name) {
        cancel(fromJson<CancelParams>(JsonReader(message.params, "test")).id, hanging, model, chat);
    } else if (message.isRequest() && !model.take(message) && !runs.take(message) && !chat.take(message)) {
        FakeChannel::refuse(message.id, Error(ErrorKind::Unsupported, "Not here.", "Elsewhere."));
    }
}

} // namespace

int main(int argc, char** argv)
{
    if (argc > 1)
        std::ofstream(argv[1], std::ios::app) << '.';
    std::cerr << "fake engine started\n" << std::flush;
    FrameReader frames(protocol::longestContent);
    Hanging hanging;
    FakeModel model;
    FakeRuns runs;
    FakeChat chat;
    std::string buffer(1U << 16U, '\0');
    while (true) {
        const auto count = read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count <= 0)
            return 0;
        frames.append({buffer.data(), static_cast<std::size_t>(count)});
        while (const auto frame = frames.next())
            take(parseMessage(frame->content), hanging, model, runs, chat);
    }
}

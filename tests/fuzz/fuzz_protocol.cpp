#include "protocol/engine_protocol.h"
#include "protocol/fields.h"
#include "protocol/frame.h"
#include "protocol/rpc.h"

#include <cstdlib>
#include <string>
#include <vector>

using namespace icae;

namespace {

constexpr std::size_t longest = 2048;

/// Parameters that are accepted survive a round trip.
template <typename Params, typename Result>
void checkParams(const protocol::Method<Params, Result>& method, const RpcMessage& message)
{
    if (message.method != method.name)
        return;
    const nlohmann::json first = fromJson<Params>(JsonReader(message.params, "fuzz"));
    const nlohmann::json second = fromJson<Params>(JsonReader(first, "fuzz"));
    if (first != second)
        std::abort();
}

void checkMessage(std::string_view content)
{
    try {
        const auto message = parseMessage(content);
        checkParams(protocol::initialize, message);
        checkParams(protocol::modelsList, message);
        checkParams(protocol::textPlan, message);
        checkParams(protocol::modelsLoad, message);
        checkParams(protocol::score, message);
        checkParams(protocol::reconstruct, message);
        checkParams(protocol::ask, message);
        checkParams(protocol::memorySave, message);
        checkParams(protocol::exportReport, message);
        if (message.isRequest()
            && parseMessage(requestContent(message.id, message.method, message.params)).id != message.id)
            std::abort();
        if (message.method == protocol::cancelRequest.name)
            fromJson<CancelParams>(JsonReader(message.params, "fuzz"));
    } catch (const Error&) { // the expected answer to most inputs
    }
}

std::vector<std::string> framesOf(std::string_view bytes, std::size_t piece)
{
    FrameReader reader(longest);
    std::vector<std::string> frames;
    for (std::size_t first = 0; first < bytes.size(); first += piece) {
        reader.append(bytes.substr(first, piece));
        while (const auto frame = reader.next())
            if (frame->fault.empty())
                frames.push_back(frame->content);
    }
    return frames;
}

} // namespace

/// Frames come out the same however the stream is torn, a frame behind any rubbish is found, and no message does harm.
/// The first byte says how the stream is torn.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    checkMessage(bytes); // the message alone, which the fuzzer reaches sooner
    const auto whole = framesOf(bytes, bytes.size() + 1);
    if (framesOf(bytes, 1 + data[0] % 16U) != whole)
        std::abort();
    for (const auto& content : whole)
        checkMessage(content);
    return 0;
}

#include "reading/read.h"

#include "protocol/error.h"

namespace icae {

ReadEnd endOf(EndReason reason)
{
    switch (reason) {
    case EndReason::StopToken:
        return ReadEnd::Eos;
    case EndReason::MaxTokens:
        return ReadEnd::Length;
    case EndReason::Stopped:
        break;
    }
    return ReadEnd::Stopped;
}

ReadResult readSources(const Model& model, std::span<const ReadSource> sources, const ReadOptions& options,
                       const ReadListener& listener, const std::stop_token& stop)
{
    if (options.maxTokens < 1)
        throw Error(ErrorKind::InvalidInput, "No tokens are to be written.", "Ask for at least one.");
    const Reader reader(model);
    ReadResult result;
    std::vector<SpanRef> spans;
    for (const auto& [source, chosen] : sources) {
        for (const auto& ref : chosenSpans(source->memory, chosen)) {
            spans.push_back(ref);
            result.tokens += ref.span().shape.tokens;
            result.slots += ref.span().shape.slots;
        }
        result.seconds.compress += source->compressSeconds;
    }
    auto prompt = options.task == Task::Instruct ? reader.question(spans, options.question)
                                                 : reader.prompt(options.task, spans, {}, {});
    prompt.maxTokens = options.maxTokens;
    auto generating = reader.greedy();
    generating.sampling = options.sampling;
    Progress state{"Writing", 0, static_cast<double>(options.maxTokens), "tokens"};
    const auto generation = reader.generate(
        std::span(&prompt, 1), generating,
        [&](const GeneratedToken& token) {
            state.done += 1;
            if (listener.progress)
                listener.progress(state);
            if (listener.token)
                listener.token(1, token);
            return true;
        },
        stop);
    const auto& ids = generation.ids.front();
    result.text = model.tokenizer()->decode(ids);
    result.generatedTokens = static_cast<std::int64_t>(ids.size());
    result.ended = endOf(generation.ends.front());
    result.seconds.prefill = generation.prefillSeconds;
    result.seconds.decode = generation.decodeSeconds;
    result.device = describeDevice(model.device().device);
    result.model = model.paths().base.string();
    result.adapter = model.paths().adapter.string();
    return result;
}

} // namespace icae

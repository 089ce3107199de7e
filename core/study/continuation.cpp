#include "study/continuation.h"

#include "icae/compressor.h"
#include "icae/reader.h"
#include "protocol/error.h"
#include "reading/rating.h"

namespace icae {

namespace {

using Ids = std::vector<std::int32_t>;

} // namespace

ContinuationResult continuation(const Model& model, const std::vector<std::string>& texts,
                                const ContinuationOptions& options, const ProgressCallback& progress,
                                const StudyPace& pace)
{
    constexpr std::int64_t plainSpan = 512; // of a base without an adapter
    ContinuationResult result;
    result.spans = options.spans;
    result.spanTokens = model.hasAdapter() ? model.adapter().config.spanTokens : plainSpan;
    result.slots = !model.hasAdapter() ? 0 : options.slots > 0 ? options.slots : model.adapter().config.slots;
    Ids stream;
    for (const auto& text : texts) {
        stream.push_back(static_cast<std::int32_t>(model.config().bosId));
        const auto ids = model.tokenizer()->encodeIds(text);
        stream.insert(stream.end(), ids.begin(), ids.end());
    }
    const std::int64_t context = result.spans * result.spanTokens;
    const std::int64_t window = context + options.tokens;
    const std::int64_t room = std::ssize(stream) - window;
    if (room < 0 || options.tokens < 2)
        throw Error(ErrorKind::InvalidInput,
                    "The texts have " + std::to_string(stream.size()) + " tokens, and a sample needs "
                        + std::to_string(window) + ".",
                    "Give more text, or fewer spans.");
    const Compressor compressor(model);
    const Reader reader(model);
    std::vector<double> text;
    std::vector<double> withSlots;
    std::vector<double> nothing;
    Progress state{"Continuing", 0, static_cast<double>(options.samples), "samples"};
    for (std::int64_t i = 0; i < options.samples; ++i) {
        pace.pause();
        const auto start = stream.begin() + (options.samples > 1 ? room * i / (options.samples - 1) : 0);
        const Ids given(start, start + context);
        const Ids first(start + context, start + context + 1);
        const std::vector<Ids> targets(1, Ids(start + context + 1, start + window));
        auto whole = given;
        whole.push_back(first.front());
        std::vector<Prompt> prompts(1, reader.plain(whole));
        text.push_back(forcedScores(reader.score(prompts, targets, {}, pace.stop).front()).loss);
        prompts.front() = reader.plain(first);
        nothing.push_back(forcedScores(reader.score(prompts, targets, {}, pace.stop).front()).loss);
        if (model.hasAdapter()) {
            auto ids = at::empty({result.spans, result.spanTokens}, at::kLong);
            std::copy(given.begin(), given.end(), ids.data_ptr<int64_t>());
            const auto slots = compressor.encode(ids, result.slots, {}, pace.stop);
            const std::vector shapes(static_cast<std::size_t>(result.spans),
                                     SpanShape{result.spanTokens, result.slots});
            prompts.front() = reader.prompt(Task::Continue, shapes, slots.flatten(0, 1), {}, first);
            withSlots.push_back(forcedScores(reader.score(prompts, targets, {}, pace.stop).front()).loss);
        }
        state.done += 1;
        if (progress)
            progress(state);
    }
    result.after = {{summarise(text), {}}, {summarise(withSlots), {}}, {summarise(nothing), {}}};
    return result;
}

} // namespace icae

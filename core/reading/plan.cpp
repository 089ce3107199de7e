#include "reading/plan.h"

#include <algorithm>

namespace icae {

namespace {

std::string listed(const std::vector<std::int64_t>& numbers)
{
    std::string text;
    for (const auto number : numbers)
        text += (text.empty() ? "" : ", ") + std::to_string(number);
    return text;
}

/// Why the base cannot read all of it, or write it back; empty where it can.
std::string whyTooLong(const Model& model, const MemoryHeader& header)
{
    const auto& config = model.adapter().config;
    std::vector<SpanShape> shapes;
    for (const auto& span : header.spans)
        shapes.push_back(span.shape);
    // The first span is the longest; where each is read alone, it decides.
    const auto together = config.aeReads == AeReads::All ? std::span(shapes) : std::span(shapes).first(1);
    std::int64_t tokens = 0;
    std::int64_t slots = 0;
    for (const auto& shape : together) {
        tokens += shape.tokens;
        slots += shape.slots;
    }
    const auto next = decoderPositions(config.layout, Task::Autoencode, together, 0).next;
    const auto last = std::max(static_cast<double>(next) + static_cast<double>(tokens) - 1,
                               static_cast<double>(encoderPositions(config.layout, shapes.front()).back()));
    if (last >= static_cast<double>(model.config().maxPositions))
        return "the base has " + std::to_string(model.config().maxPositions) + " positions";
    if (const auto window = model.config().slidingWindow; window && tokens + slots + 1 > *window)
        return "the base's attention reaches back " + std::to_string(*window) + " tokens";
    return {};
}

} // namespace

std::optional<PlanWarning> untrainedSlots(const AdapterConfig& config, std::int64_t slots)
{
    const auto choices = config.slotChoices();
    if (std::find(choices.begin(), choices.end(), slots) != choices.end())
        return std::nullopt;
    return PlanWarning{PlanWarningKind::UntrainedSlots,
                       "The adapter was not trained with " + std::to_string(slots) + " slots a span.",
                       "Choose among " + listed(choices) + "."};
}

std::optional<PlanWarning> tooLong(const Model& model, const MemoryHeader& header)
{
    const auto why = whyTooLong(model, header);
    if (why.empty())
        return std::nullopt;
    return PlanWarning{PlanWarningKind::TooLong, "The text is too long to be read at once: " + why + ".",
                       model.adapter().config.aeReads == AeReads::All
                           ? "Reconstruct some of the spans, or shorten the text."
                           : "Choose shorter spans."};
}

std::vector<PlanWarning> planWarnings(const Model& model, const MemoryHeader& header, const CompressOptions& options)
{
    const auto& config = model.adapter().config;
    std::vector<PlanWarning> warnings;
    if (const auto slots = untrainedSlots(config, header.spans.front().shape.slots))
        warnings.push_back(*slots);
    if (options.spanTokens.value_or(0) > config.spanTokens)
        warnings.push_back(
            {PlanWarningKind::UntrainedSpan,
             "The adapter was not trained with spans of more than " + std::to_string(config.spanTokens) + " tokens.",
             "Choose shorter spans."});
    if (auto warning = tooLong(model, header))
        warnings.push_back(std::move(*warning));
    if (header.ratio() < 1)
        warnings.push_back({PlanWarningKind::Expands,
                            "The memory would be larger than the text: " + std::to_string(header.slots())
                                + " slots for " + std::to_string(header.sourceTokens) + " tokens.",
                            "Use fewer slots, or a longer text."});
    return warnings;
}

std::vector<SpanInfo> spanInfos(const MemoryHeader& header)
{
    std::vector<SpanInfo> spans;
    for (const auto& span : header.spans)
        spans.push_back({span.firstToken, span.shape.tokens, static_cast<std::int64_t>(span.beginByte),
                         static_cast<std::int64_t>(span.endByte), span.shape.slots});
    return spans;
}

TextPlan planText(const Model& model, std::span<const Token> context, const CompressOptions& options, bool tokens)
{
    TextPlan plan;
    if (context.empty())
        return plan;
    const auto header = Compressor(model).plan(context, options);
    plan.tokens = header.sourceTokens;
    plan.slots = header.slots();
    plan.ratio = header.ratio();
    plan.spans = spanInfos(header);
    plan.warnings = planWarnings(model, header, options);
    if (tokens) {
        for (const auto& token : context) {
            plan.tokenIds.push_back(token.id);
            plan.tokenEnds.push_back(static_cast<std::int64_t>(token.end));
        }
    }
    return plan;
}

} // namespace icae

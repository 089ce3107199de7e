#include "icae/layout.h"

namespace icae {

namespace {

/// Middle of the i-th of k equal shares of L tokens (EPL, arXiv 2409.14364).
float middleOfShare(std::int64_t i, SpanShape span)
{
    const double share = static_cast<double>(span.tokens) / static_cast<double>(span.slots);
    return static_cast<float>((static_cast<double>(i) + 0.5) * share - 0.5);
}

} // namespace

std::string_view specialTokenOf(Task task)
{
    switch (task) {
    case Task::Autoencode:
        return "AE";
    case Task::Continue:
        return "LM";
    case Task::Instruct:
        return "FT";
    }
    return {};
}

std::vector<float> encoderPositions(PositionLayout layout, SpanShape span)
{
    std::vector<float> positions;
    positions.reserve(static_cast<std::size_t>(span.tokens + span.slots));
    for (std::int64_t i = 0; i < span.tokens; ++i)
        positions.push_back(static_cast<float>(i));
    for (std::int64_t i = 0; i < span.slots; ++i)
        positions.push_back(layout == PositionLayout::Spread ? middleOfShare(i, span)
                                                             : static_cast<float>(span.tokens + i));
    return positions;
}

DecoderPositions decoderPositions(PositionLayout layout, Task task, std::span<const SpanShape> spans,
                                  std::int64_t leftTokens)
{
    DecoderPositions result;
    for (std::int64_t i = 0; i < leftTokens; ++i)
        result.prompt.push_back(static_cast<float>(i));
    if (layout == PositionLayout::Sequential) {
        std::int64_t next = leftTokens;
        for (const auto& span : spans)
            for (std::int64_t i = 0; i < span.slots; ++i)
                result.prompt.push_back(static_cast<float>(next++));
        result.prompt.push_back(static_cast<float>(next));
        result.next = static_cast<float>(next + 1);
        return result;
    }
    std::int64_t offset = leftTokens;
    for (const auto& span : spans) {
        for (std::int64_t i = 0; i < span.slots; ++i)
            result.prompt.push_back(middleOfShare(i, span) + static_cast<float>(offset + 1));
        offset += span.tokens;
    }
    const std::int64_t special = task == Task::Autoencode ? leftTokens : offset + 1;
    result.prompt.push_back(static_cast<float>(special));
    result.next = static_cast<float>(special + 1);
    return result;
}

} // namespace icae

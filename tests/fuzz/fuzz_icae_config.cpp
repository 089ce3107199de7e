#include "icae/adapter_config.h"
#include "protocol/error.h"

#include <cstdlib>

/// An adapter's description that is accepted is consistent; tensor names never confuse.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    try {
        const auto config = icae::parseAdapterConfig(text, "fuzz");
        if (config.slotChoices().empty() || config.slotChoices().back() > config.slots || config.rank < 1)
            std::abort();
    } catch (const icae::Error&) { // the expected answer to most inputs
    }
    if (const auto tensor = icae::parseLoraName(text); tensor && (tensor->layer < 0 || tensor->target.empty()))
        std::abort();
    try {
        icae::inferAdapterConfig(
            {{text, {8, 64}}, {"memory_token_embed.weight", {static_cast<std::int64_t>(size), 64}}}, nullptr, "fuzz");
    } catch (const icae::Error&) { // likewise
    }
    return 0;
}

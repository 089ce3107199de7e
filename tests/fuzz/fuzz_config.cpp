#include "llm/config.h"
#include "protocol/error.h"

#include <cstdlib>

/// A configuration that is accepted describes a model that could exist.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const auto config = icae::parseLlmConfig({reinterpret_cast<const char*>(data), size}, "fuzz");
        if (config.heads % config.kvHeads != 0 || config.headDim % 2 != 0 || config.eosId() >= config.vocabSize
            || icae::expectedWeights(config).size() < 3)
            std::abort();
    } catch (const icae::Error&) { // the expected answer to most inputs
    }
    return 0;
}

#include "icae/memory_header.h"
#include "protocol/error.h"
#include "tensor/safetensors.h"

#include <cstdlib>

/// A memory's header that is accepted survives a round trip.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto check = [](const std::map<std::string, std::string>& metadata) {
        const auto header = icae::parseMemoryMetadata(metadata, "fuzz");
        const auto again = icae::parseMemoryMetadata(icae::toMetadata(header), "fuzz");
        if (again.slots() != header.slots() || again.spans.size() != header.spans.size())
            std::abort();
    };
    try {
        check(icae::SafetensorsContent::parse(std::as_bytes(std::span(data, size)), "fuzz").metadata());
    } catch (const icae::Error&) { // the expected answer to most inputs
    }
    try { // the header alone, which the fuzzer reaches sooner
        check({{"format", "icae-memory"}, {"memory", std::string(reinterpret_cast<const char*>(data), size)}});
    } catch (const icae::Error&) { // likewise
    }
    return 0;
}

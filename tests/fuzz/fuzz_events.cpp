#include "runs/event_record.h"

#include <cstdlib>

/// Whatever the bytes are, records and events lie inside them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size); // NOLINT: bytes
    for (auto rest = bytes; !rest.empty();) {
        const auto record = icae::takeRecord(rest);
        if (record.state != icae::TakenRecord::State::Whole)
            break;
        if (record.size > rest.size())
            std::abort();
        icae::parseScalarEvent(record.data);
        rest.remove_prefix(record.size);
    }
    if (const auto event = icae::parseScalarEvent(bytes)) // sums are hard to guess
        for (const auto& [tag, value] : event->values)
            if (tag.empty())
                std::abort();
    return 0;
}

#include "text/plugin/model_traits.h"
#include "text/text_parts.h"

#include <cstdint>
#include <cstdlib>

/// Any bytes are a tokenizer's model, or none; and any text is cut into parts that follow each other.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    encodesWordsAlone(bytes);
    const auto begins = icae::partBegins(bytes, icae::PartPlaces::BeforeSpaces);
    if (begins.front() != 0)
        std::abort();
    for (std::size_t i = 1; i < begins.size(); ++i)
        if (begins[i] <= begins[i - 1] || begins[i] >= size || (bytes[begins[i]] != ' ' && bytes[begins[i]] != '\n'))
            std::abort();
    return 0;
}

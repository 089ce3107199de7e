#include "protocol/error.h"
#include "protocol/json_lines.h"
#include "train/job.h"

#include <cstdint>
#include <string_view>

/// What people write by hand: jobs with comments, and JSON lines. The first byte says which.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1); // NOLINT: bytes
    try {
        if (data[0] == 'l')
            icae::forEachJsonLine(text, "fuzz.jsonl", [](const icae::JsonReader& row) { row.text("text", {}); });
        else if (data[0] == 's')
            icae::JsonReader::parse(text, "fuzz", true);
        else
            icae::parseTrainJob(text, "fuzz", "/nonexistent", "/nonexistent");
    } catch (const icae::Error&) { // NOLINT(bugprone-empty-catch): refused is what most inputs are to be
    }
    return 0;
}

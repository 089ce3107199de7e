#include "study/recorded.h"

#include "protocol/error.h"
#include "runs/run_reader.h"

namespace icae {

namespace fs = std::filesystem;

Recorded Recorded::read(const fs::path& file)
{
    Recorded recorded;
    FilePosition position;
    for (bool more = true; more;) {
        auto part = readSamples(file, position, true);
        for (const auto& sample : part.cells.samples)
            recorded.m_samples.emplace(sample.cell, sample.index);
        recorded.m_damaged += part.cells.damaged;
        position = part.next;
        more = part.more;
    }
    std::error_code fault;
    if (const auto size = fs::file_size(file, fault); !fault && static_cast<std::int64_t>(size) > position.offset)
        fs::resize_file(file, static_cast<std::uintmax_t>(position.offset), fault);
    if (fault && fs::exists(file))
        throw Error(ErrorKind::Io, file.string() + " cannot be mended: " + fault.message() + ".",
                    "Check that you may write there.");
    return recorded;
}

bool Recorded::has(const StudyCell& cell, std::int64_t first, std::int64_t count) const
{
    for (auto index = first; index < first + count; ++index)
        if (!m_samples.contains({cell, index}))
            return false;
    return true;
}

} // namespace icae

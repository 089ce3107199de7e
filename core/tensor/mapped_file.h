#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <sys/stat.h>

namespace icae {

/// A read-only private mapping of a whole regular file. Where another program cuts the file off meanwhile, what is no
/// longer there reads as zeros instead of ending this process by SIGBUS: whoever has read asks requireUnchanged().
class MappedFile {
public:
    /// @throws Error (NotFound, Io, OutOfMemory)
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(m_data), m_size}; }
    /// @throws Error (Io) where the file was written to since it was opened; one that was replaced was not
    void requireUnchanged() const;

private:
    std::filesystem::path m_path;
    int m_file = -1;
    struct stat m_opened { };
    void* m_data = nullptr;
    std::size_t m_size = 0;
};

} // namespace icae

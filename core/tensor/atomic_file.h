#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace icae {

/// A file that appears whole or not at all: written beside its target, flushed to the disk, then renamed over it.
/// Without commit() nothing remains. A target that exists and is no regular file (/dev/stdout) is written to directly.
class AtomicFile {
public:
    /// How the names of files being written begin; a killed process leaves one behind.
    static constexpr std::string_view prefix = ".icae-part-";

    /// @param expectedBytes for messages about a full disk; 0 where unknown
    /// @throws Error (Io) where the folder is missing or not writable
    explicit AtomicFile(std::filesystem::path path, std::uint64_t expectedBytes = 0);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// @throws Error (Io); says so where the disk is full
    void write(std::span<const std::byte> bytes);
    void commit();

private:
    [[noreturn]] void fail(int fault) const;

    std::filesystem::path m_path;
    std::filesystem::path m_written; ///< what is being written: the temporary file, or the target itself
    std::uint64_t m_expected = 0;
    int m_file = -1;
    bool m_direct = false;
};

/// For files that somebody far away names: a pipe or a device there would hold up whoever writes.
/// @throws Error (InvalidInput) where something stands at the path that is no regular file
void requireFileTarget(const std::filesystem::path& path);

/// Makes what was created, renamed or removed in a folder durable. A file system that cannot is no reason to fail.
void syncFolder(const std::filesystem::path& folder);

/// Writes a text file, whole or not at all.
void writeFile(const std::filesystem::path& path, std::string_view text);

} // namespace icae

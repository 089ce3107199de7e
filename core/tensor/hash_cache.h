#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// Where the hash of large files is remembered: $XDG_CACHE_HOME/icae/hashes.json, by each file's path, size, inode and
/// times of change. Whoever sets a file's time back cannot set back when its inode changed.
class HashCacheEntry {
public:
    /// @param kind tells what was hashed in which way; empty: the file's bytes
    /// @return nothing where the files are small enough to be hashed at once, cannot be looked at, or there is no home
    static std::optional<HashCacheEntry> of(const std::vector<std::filesystem::path>& files,
                                            std::string_view kind = {});

    std::optional<std::string> read() const;
    /// Where it cannot be written, the next start takes longer; nothing else.
    void write(const std::string& hash) const;

private:
    HashCacheEntry(std::filesystem::path cache, std::string key);

    std::filesystem::path m_cache;
    std::string m_key;
};

} // namespace icae

#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// SHA-256 of a stream of bytes.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::span<const std::byte> bytes);
    std::string hex(); ///< 64 lower-case digits; ends the stream

private:
    struct Context;
    std::unique_ptr<Context> m_context;
};

std::string sha256(std::string_view bytes);

/// Hash of a file's content, read once a version: those of files of 64 MB and more are remembered (HashCacheEntry).
/// @throws Error (Io, Cancelled)
std::string sha256OfFile(const std::filesystem::path& path, const std::stop_token& stop = {});

/// The same, read anew whatever is remembered: for a hash that decides.
std::string freshSha256OfFile(const std::filesystem::path& path, const std::stop_token& stop = {});

/// The same where it takes no time: for small files and remembered ones.
std::optional<std::string> quickSha256OfFile(const std::filesystem::path& path);

/// One hash for several files in the given order: the file's own for one, else the hash of their hashes.
std::string sha256OfFiles(const std::vector<std::filesystem::path>& files, const std::stop_token& stop = {});
/// The same, read anew whatever is remembered.
std::string freshSha256OfFiles(const std::vector<std::filesystem::path>& files, const std::stop_token& stop = {});
/// The same where it takes no time.
std::optional<std::string> quickSha256OfFiles(const std::vector<std::filesystem::path>& files);

} // namespace icae

#include "tensor/sha256.h"

#include "input/user_folder.h"
#include "protocol/error.h"
#include "protocol/json_text.h"
#include "tensor/atomic_file.h"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <optional>
#include <sys/stat.h>

namespace icae {

namespace fs = std::filesystem;

struct Sha256::Context {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

Sha256::Sha256()
    : m_context(std::make_unique<Context>())
{
    if (m_context->digest == nullptr || EVP_DigestInit_ex(m_context->digest.get(), EVP_sha256(), nullptr) != 1)
        throw Error(ErrorKind::Internal, "The SHA-256 hash could not be started.", "Check the OpenSSL installation.");
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes)
{
    EVP_DigestUpdate(m_context->digest.get(), bytes.data(), bytes.size());
}

std::string Sha256::hex()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(m_context->digest.get(), digest.data(), &size);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        text += digits[digest[i] >> 4U];
        text += digits[digest[i] & 15U];
    }
    return text;
}

std::string sha256(std::string_view bytes)
{
    Sha256 hash;
    hash.update(std::as_bytes(std::span(bytes)));
    return hash.hex();
}

namespace {

constexpr std::uintmax_t worthRemembering = 64U << 20U;

std::optional<fs::path> cacheFile()
{
    const auto cache = userFolder("XDG_CACHE_HOME", ".cache");
    return cache.empty() ? std::nullopt : std::optional(cache / "icae" / "hashes.json");
}

nlohmann::json readCache(const fs::path& path)
{
    std::ifstream file(path);
    auto cache = nlohmann::json::parse(file, nullptr, false);
    return cache.is_object() ? cache : nlohmann::json::object();
}

/// A cache that cannot be written only costs time at the next start.
void remember(const fs::path& cachePath, const std::string& key, const std::string& hash)
{
    std::error_code ignored;
    fs::create_directories(cachePath.parent_path(), ignored);
    auto cache = readCache(cachePath);
    cache[key] = hash;
    try {
        writeFile(cachePath, jsonText(cache, 1));
    } catch (const Error&) { // NOLINT(bugprone-empty-catch)
    }
}

std::string hashContent(const fs::path& path, const std::stop_token& stop = {})
{
    std::error_code ignored;
    if (const auto kind = fs::status(path, ignored); fs::exists(kind) && !fs::is_regular_file(kind))
        throw Error(ErrorKind::Io, path.string() + " is not a regular file.", "Name a regular file.");
    std::ifstream file(path, std::ios::binary);
    std::vector<char> buffer(std::size_t{1} << 20U);
    Sha256 hash;
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "Hashing " + path.string() + " was stopped.", {});
        hash.update(std::as_bytes(std::span(buffer).first(static_cast<std::size_t>(file.gcount()))));
    }
    if (!file.eof())
        throw Error(ErrorKind::Io, path.string() + " cannot be read.",
                    "Check that it exists and that you may read it.");
    return hash.hex();
}

} // namespace

namespace {

/// Where a large file's hash is remembered; nothing for a small one.
struct CacheEntry {
    fs::path cache;
    std::string key;
};

std::optional<CacheEntry> cacheEntryOf(const fs::path& path)
{
    std::error_code fault;
    const auto size = fs::file_size(path, fault);
    const auto cachePath = cacheFile();
    if (fault || size < worthRemembering || !cachePath)
        return std::nullopt;
    struct stat facts { };
    if (stat(path.c_str(), &facts) != 0)
        return std::nullopt;
    // Whoever sets a file's time back cannot set back when its facts changed.
    auto key = fs::absolute(path).string() + "|" + std::to_string(size) + "|" + std::to_string(facts.st_dev) + "|"
        + std::to_string(facts.st_ino);
    for (const auto& time : {facts.st_mtim, facts.st_ctim})
        key += "|" + std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
    return CacheEntry{*cachePath, std::move(key)};
}

std::optional<std::string> remembered(const CacheEntry& entry)
{
    const auto cache = readCache(entry.cache);
    if (cache.contains(entry.key) && cache[entry.key].is_string())
        return cache[entry.key].get<std::string>();
    return std::nullopt;
}

/// One hash for several files, by a function that hashes one, perhaps.
template <typename Hash> std::optional<std::string> hashTogether(const std::vector<fs::path>& files, const Hash& hashOf)
{
    if (files.size() == 1)
        return hashOf(files.front());
    std::string all;
    for (const auto& file : files) {
        const std::optional<std::string> hash = hashOf(file);
        if (!hash)
            return std::nullopt;
        all += *hash + "\n";
    }
    return sha256(all);
}

} // namespace

std::string freshSha256OfFile(const fs::path& path, const std::stop_token& stop)
{
    const auto entry = cacheEntryOf(path);
    auto hash = hashContent(path, stop);
    if (entry)
        remember(entry->cache, entry->key, hash);
    return hash;
}

std::string sha256OfFile(const fs::path& path, const std::stop_token& stop)
{
    const auto entry = cacheEntryOf(path);
    auto known = entry ? remembered(*entry) : std::nullopt;
    return known ? *known : freshSha256OfFile(path, stop);
}

std::optional<std::string> quickSha256OfFile(const fs::path& path)
{
    const auto entry = cacheEntryOf(path);
    return entry ? remembered(*entry) : hashContent(path);
}

std::string sha256OfFiles(const std::vector<fs::path>& files, const std::stop_token& stop)
{
    return *hashTogether(files, [&](const fs::path& file) { return std::optional(sha256OfFile(file, stop)); });
}

std::optional<std::string> quickSha256OfFiles(const std::vector<fs::path>& files)
{
    return hashTogether(files, quickSha256OfFile);
}

} // namespace icae

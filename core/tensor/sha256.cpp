#include "tensor/sha256.h"

#include "protocol/error.h"
#include "tensor/hash_cache.h"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <optional>

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
    const auto entry = HashCacheEntry::of({path});
    auto hash = hashContent(path, stop);
    if (entry)
        entry->write(hash);
    return hash;
}

std::string sha256OfFile(const fs::path& path, const std::stop_token& stop)
{
    const auto entry = HashCacheEntry::of({path});
    auto known = entry ? entry->read() : std::nullopt;
    return known ? *known : freshSha256OfFile(path, stop);
}

std::optional<std::string> quickSha256OfFile(const fs::path& path)
{
    const auto entry = HashCacheEntry::of({path});
    return entry ? entry->read() : hashContent(path);
}

std::string sha256OfFiles(const std::vector<fs::path>& files, const std::stop_token& stop)
{
    return *hashTogether(files, [&](const fs::path& file) { return std::optional(sha256OfFile(file, stop)); });
}

std::string freshSha256OfFiles(const std::vector<fs::path>& files, const std::stop_token& stop)
{
    return *hashTogether(files, [&](const fs::path& file) { return std::optional(freshSha256OfFile(file, stop)); });
}

std::optional<std::string> quickSha256OfFiles(const std::vector<fs::path>& files)
{
    return hashTogether(files, quickSha256OfFile);
}

} // namespace icae

#include "tensor/hash_cache.h"

#include "input/user_folder.h"
#include "protocol/error.h"
#include "protocol/json_text.h"
#include "tensor/atomic_file.h"
#include "tensor/sha256.h"

#include <nlohmann/json.hpp>

#include <fstream>
#include <sys/stat.h>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t worthRemembering = 64U << 20U; // bytes of all files together

nlohmann::json readCache(const fs::path& path)
{
    std::ifstream file(path);
    auto cache = nlohmann::json::parse(file, nullptr, false);
    return cache.is_object() ? cache : nlohmann::json::object();
}

/// What changes with a file's content, whatever its writer does about its times; empty where it cannot be looked at.
std::string factsOf(const fs::path& file)
{
    struct stat facts { };
    if (stat(file.c_str(), &facts) != 0)
        return {};
    auto text = fs::absolute(file).string() + "|" + std::to_string(facts.st_size) + "|" + std::to_string(facts.st_dev)
        + "|" + std::to_string(facts.st_ino);
    for (const auto& time : {facts.st_mtim, facts.st_ctim})
        text += "|" + std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
    return text;
}

} // namespace

HashCacheEntry::HashCacheEntry(fs::path cache, std::string key)
    : m_cache(std::move(cache))
    , m_key(std::move(key))
{
}

std::optional<HashCacheEntry> HashCacheEntry::of(const std::vector<fs::path>& files, std::string_view kind)
{
    const auto home = userFolder("XDG_CACHE_HOME", ".cache");
    std::uintmax_t size = 0;
    std::string key;
    for (const auto& file : files) {
        std::error_code fault;
        size += fs::file_size(file, fault);
        const auto facts = fault ? std::string() : factsOf(file);
        if (facts.empty())
            return std::nullopt;
        key += (key.empty() ? "" : "\n") + facts;
    }
    if (size < worthRemembering || home.empty())
        return std::nullopt;
    if (files.size() > 1) // shards in a folder with a long name would make a key of kilobytes
        key = sha256(key);
    if (!kind.empty())
        key = std::string(kind) + "|" + key;
    return HashCacheEntry(home / "icae" / "hashes.json", std::move(key));
}

std::optional<std::string> HashCacheEntry::read() const
{
    const auto cache = readCache(m_cache);
    const auto found = cache.find(m_key);
    return found != cache.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

void HashCacheEntry::write(const std::string& hash) const
{
    std::error_code ignored;
    fs::create_directories(m_cache.parent_path(), ignored);
    auto cache = readCache(m_cache);
    cache[m_key] = hash;
    try {
        writeFile(m_cache, jsonText(cache, 1));
    } catch (const Error&) { // NOLINT(bugprone-empty-catch)
    }
}

} // namespace icae

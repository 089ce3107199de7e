#include "tensor/weight_files.h"

#include "input/read_input.h"
#include "protocol/error.h"
#include "protocol/placeholder.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto wholeName = "model.safetensors";
constexpr auto indexName = "model.safetensors.index.json";

bool isThere(const fs::path& path)
{
    std::error_code ignored;
    return fs::exists(path, ignored) || fs::is_symlink(path, ignored);
}

constexpr std::size_t longestIndex = std::size_t{64} << 20U; // bytes

[[noreturn]] void unreadable(const fs::path& index, const std::string& why, const std::string& details = {})
{
    throw Error(ErrorKind::InvalidInput, index.string() + " cannot be read: " + why + ".",
                "Download the model again; the file may be incomplete.", details);
}

/// Files that an index names, within its folder or below.
std::set<fs::path> filesOf(const fs::path& index)
{
    const auto text = readInput(index, {InputKind::File, longestIndex, {}});
    refusePlaceholder(text, index.string());
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    if (parsed.is_discarded())
        unreadable(index, "it is not valid JSON");
    if (!parsed.is_object() || !parsed.contains("weight_map") || !parsed["weight_map"].is_object())
        unreadable(index, "it has no weight_map");
    std::set<fs::path> files;
    for (const auto& [name, file] : parsed["weight_map"].items()) {
        if (!file.is_string())
            unreadable(index, "its tensor \"" + name + "\" is mapped to something that is not a file name");
        const fs::path place = file.get<std::string>();
        if (place.empty() || place.is_absolute() || std::find(place.begin(), place.end(), "..") != place.end())
            unreadable(index,
                       "its tensor \"" + name + "\" is mapped to \"" + place.string()
                           + "\", which is not a file of this folder");
        files.insert(index.parent_path() / place);
    }
    return files;
}

/// One of several files: NAME-00002-of-00003.safetensors.
struct Shard {
    std::string name;
    int number = 0;
    int count = 0;
};

std::optional<Shard> shardOf(const fs::path& file)
{
    const auto stem = file.stem().string();
    const auto of = stem.rfind("-of-");
    const auto dash = of == std::string::npos ? of : stem.rfind('-', of - 1);
    if (file.extension() != ".safetensors" || dash == std::string::npos || dash + 1 >= of)
        return std::nullopt;
    Shard shard{stem.substr(0, dash), 0, 0};
    const auto number = [&](std::size_t begin, std::size_t end, int& value) {
        const auto [at, fault] = std::from_chars(stem.data() + begin, stem.data() + end, value);
        return fault == std::errc() && at == stem.data() + end && value > 0;
    };
    if (!number(dash + 1, of, shard.number) || !number(of + 4, stem.size(), shard.count) || shard.count > 10000)
        return std::nullopt;
    return shard;
}

/// The shards of a folder by name and count.
using Sets = std::map<std::pair<std::string, int>, std::map<int, fs::path>>;

Sets shardsIn(const fs::path& folder)
{
    Sets sets;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (const auto shard = shardOf(entry.path()))
            sets[{shard->name, shard->count}][shard->number] = entry.path();
    return sets;
}

[[noreturn]] void missing(const fs::path& file, const std::string& who)
{
    refuseDanglingLink(file);
    throw Error(ErrorKind::NotFound, file.string() + ", which " + who + ", is missing: the download is incomplete.",
                "Download the missing file, or the whole model again.");
}

std::vector<fs::path> requireAll(const std::map<int, fs::path>& shards, const std::string& name, int count)
{
    std::vector<fs::path> files;
    for (int number = 1; number <= count; ++number) {
        const auto found = shards.find(number);
        if (found == shards.end()) {
            const auto digits = [](int value) {
                auto text = std::to_string(value);
                return std::string(5 - std::min<std::size_t>(5, text.size()), '0') + text;
            };
            missing(shards.begin()->second.parent_path()
                        / (name + "-" + digits(number) + "-of-" + digits(count) + ".safetensors"),
                    "the others beside it name");
        }
        refuseDanglingLink(found->second);
        files.push_back(found->second);
    }
    return files;
}

/// Of the folders below, the one that has weights; nothing where none or several have.
fs::path onlyFolderWithWeights(const fs::path& folder)
{
    fs::path found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        const auto& inner = entry.path();
        if (!entry.is_directory(ignored)
            || (!isThere(inner / wholeName) && !isThere(inner / indexName) && shardsIn(inner).empty()))
            continue;
        if (!found.empty())
            return {};
        found = inner;
    }
    return found;
}

std::vector<fs::path> filesOfFolder(const fs::path& folder)
{
    if (isThere(folder / wholeName)) {
        refuseDanglingLink(folder / wholeName);
        return {folder / wholeName};
    }
    const auto sets = shardsIn(folder);
    const auto whole = std::find_if(sets.begin(), sets.end(), [](const auto& set) {
        return static_cast<int>(set.second.size()) == set.first.second;
    });
    if (isThere(folder / indexName)) {
        refuseDanglingLink(folder / indexName);
        const auto named = filesOf(folder / indexName);
        std::error_code ignored;
        const auto gone =
            std::find_if(named.begin(), named.end(), [&](const auto& file) { return !fs::exists(file, ignored); });
        if (gone == named.end())
            return {named.begin(), named.end()};
        if (whole == sets.end() || std::any_of(named.begin(), named.end(), isThere)) // no other cut
            missing(*gone, std::string(indexName) + " names");
    }
    if (whole != sets.end())
        return requireAll(whole->second, whole->first.first, whole->first.second);
    if (!sets.empty())
        return requireAll(sets.begin()->second, sets.begin()->first.first, sets.begin()->first.second);
    if (const auto inner = onlyFolderWithWeights(folder); !inner.empty())
        return filesOfFolder(inner);
    throw Error(ErrorKind::NotFound,
                folder.string() + " holds neither model.safetensors nor model.safetensors.index.json.",
                "Name a folder in Hugging Face format; weights in .bin files must be converted first.");
}

} // namespace

std::vector<fs::path> weightFiles(const fs::path& path)
{
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
        return filesOfFolder(path);
    refuseDanglingLink(path);
    if (path.extension() != ".json")
        return {path};
    const auto named = filesOf(path);
    for (const auto& file : named)
        if (!fs::exists(file, ignored))
            missing(file, path.filename().string() + " names");
    return {named.begin(), named.end()};
}

bool holdsWeights(const fs::path& folder)
{
    return isThere(folder / wholeName) || isThere(folder / indexName) || !shardsIn(folder).empty();
}

} // namespace icae

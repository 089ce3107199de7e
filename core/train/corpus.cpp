#include "train/corpus.h"

#include "input/user_folder.h"
#include "protocol/error.h"
#include "protocol/json_lines.h"
#include "tensor/sha256.h"

#include <lzma.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto formatVersion = "2";
constexpr auto idsName = "ids";
constexpr auto rangesName = "ranges";
constexpr std::int64_t rangeColumns = 6;
constexpr auto checksumName = "crc64";
using Ids = std::vector<std::int32_t>;

fs::path defaultCacheFolder()
{
    const auto cache = userFolder("XDG_CACHE_HOME", ".cache");
    if (cache.empty())
        throw Error(ErrorKind::Io, "There is no folder for the cache: the one for temporary files is another user's.",
                    "Set XDG_CACHE_HOME to a folder that you may write to.");
    return cache / "icae" / "corpora";
}

/// Ends of the name decide: ".jsonl.xz" is a ".jsonl".
std::string kindOf(const fs::path& file)
{
    return file.extension() == ".xz" ? file.stem().extension().string() : file.extension().string();
}

/// Encodes texts on all cores.
std::vector<Ids> encodeAll(const Tokenizer& tokenizer, const std::vector<std::string>& texts, const fs::path& file,
                           const ProgressCallback& progress, const std::stop_token& stop)
{
    std::vector<Ids> encoded(texts.size());
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr fault;
    Progress state{"Tokenising " + file.filename().string(), 0, static_cast<double>(texts.size()), "texts"};
    const auto work = [&] {
        constexpr std::size_t block = 64;
        try {
            while (!stop.stop_requested()) {
                const auto first = next.fetch_add(block);
                if (first >= texts.size())
                    return;
                const auto last = std::min(first + block, texts.size());
                for (auto i = first; i < last; ++i)
                    encoded[i] = tokenizer.encodeIds(texts[i]);
                const std::scoped_lock lock(mutex);
                state.done += static_cast<double>(last - first);
                if (progress)
                    progress(state);
            }
        } catch (...) {
            const std::scoped_lock lock(mutex);
            fault = std::current_exception();
            next = texts.size();
        }
    };
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
            workers.emplace_back(work);
        work();
    }
    if (fault)
        std::rethrow_exception(fault);
    if (stop.stop_requested())
        throw Error(ErrorKind::Cancelled, "Tokenising was stopped.", {});
    return encoded;
}

std::string checksum(std::span<const std::byte> ids, std::span<const std::byte> ranges)
{
    const auto add = [](std::span<const std::byte> bytes, std::uint64_t sum) {
        return lzma_crc64(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), sum); // NOLINT: bytes
    };
    return std::to_string(add(ranges, add(ids, 0)));
}

/// Whether all ids are tokens, and all ranges (of questions) lie among them.
bool isInRange(const TensorStore& store, std::int64_t tokens)
{
    const auto ids = store.tensor(idsName);
    if (ids.dtype != DType::I32)
        return false;
    for (std::size_t at = 0; at < ids.data.size(); at += sizeof(std::int32_t)) {
        std::int32_t id = 0;
        std::memcpy(&id, ids.data.data() + at, sizeof id);
        if (id < 0 || id >= tokens)
            return false;
    }
    if (!store.contains(rangesName))
        return true;
    const auto ranges = store.tensor(rangesName);
    if (ranges.dtype != DType::I64 || ranges.shape.size() != 2 || ranges.shape[1] != rangeColumns)
        return false;
    const auto count = static_cast<std::int64_t>(ids.data.size() / sizeof(std::int32_t));
    for (std::size_t at = 0; at < ranges.data.size(); at += 2 * sizeof(std::int64_t)) {
        std::array<std::int64_t, 2> range{};
        std::memcpy(range.data(), ranges.data.data() + at, sizeof range);
        if (range[0] < 0 || range[1] < range[0] || range[1] > count)
            return false;
    }
    return true;
}

/// A cache file, or nothing where there is none or it is damaged: it is made again then.
/// @param tokens ids are below
std::shared_ptr<const TensorStore> openWhole(const fs::path& path, std::int64_t tokens)
{
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return nullptr;
    try {
        auto store = TensorStore::open(path);
        const auto ranges = store->contains(rangesName) ? store->tensor(rangesName).data : std::span<const std::byte>();
        const auto sum = store->metadata().find(checksumName);
        const bool whole = sum != store->metadata().end() && store->contains(idsName)
            && sum->second == checksum(store->tensor(idsName).data, ranges) && isInRange(*store, tokens);
        return whole ? store : nullptr;
    } catch (const Error&) {
        return nullptr;
    }
}

/// The cache file of one corpus file: found, or made by `tokenize`.
template <typename Tokenize>
std::shared_ptr<const TensorStore> cached(const fs::path& file, const std::string& what, const TokenizeOptions& options,
                                          Tokenize&& tokenize)
{
    const auto key = sha256(std::string(formatVersion) + what + sha256OfFile(file) + sha256OfFile(options.tokenizerFile)
                            + kindOf(file) + std::to_string(options.bosId));
    const auto folder = options.cacheFolder.empty() ? defaultCacheFolder() : options.cacheFolder;
    const auto path = folder / (what + "-" + key.substr(0, 32) + ".safetensors");
    const auto tokens = std::max<std::int64_t>(options.tokenizer->size(), options.bosId + 1);
    if (auto found = openWhole(path, tokens); found && found->contains(rangesName) == (what == "questions"))
        return found;
    std::error_code fault;
    fs::create_directories(folder, fault);
    if (fault)
        throw Error(ErrorKind::Io, "The folder " + folder.string() + " cannot be made: " + fault.message() + ".",
                    "Set XDG_CACHE_HOME to a folder that you may write to.");
    tokenize(path);
    return TensorStore::open(path);
}

void write(const fs::path& path, const Ids& ids, const std::vector<std::int64_t>& ranges, std::int64_t columns)
{
    std::vector<TensorView> tensors{
        {idsName, DType::I32, {static_cast<std::int64_t>(ids.size())}, std::as_bytes(std::span(ids))}};
    if (columns > 0)
        tensors.push_back({rangesName,
                           DType::I64,
                           {static_cast<std::int64_t>(ranges.size()) / columns, columns},
                           std::as_bytes(std::span(ranges))});
    const auto sum = checksum(tensors.front().data, columns > 0 ? tensors.back().data : std::span<const std::byte>());
    writeSafetensors(path, std::move(tensors), {{"icae_corpus", formatVersion}, {checksumName, sum}});
}

} // namespace

bool isTextFile(const fs::path& file)
{
    const auto kind = kindOf(file);
    return kind == ".txt" || kind == ".md" || kind == ".jsonl";
}

bool isQuestionFile(const fs::path& file)
{
    return kindOf(file) == ".jsonl";
}

std::vector<std::string> readCorpusTexts(const fs::path& file)
{
    if (!isTextFile(file))
        throw Error(ErrorKind::InvalidInput,
                    file.string() + " is no corpus: its name ends in \"" + kindOf(file) + "\".",
                    "Use .txt, .md or .jsonl, each also as .xz.");
    auto content = readCorpusFile(file);
    if (!isQuestionFile(file))
        return {std::move(content)};
    std::vector<std::string> texts;
    forEachJsonLine(content, file.string(), [&](const JsonReader& row) { texts.push_back(row.text("text")); });
    return texts;
}

TextCorpus TextCorpus::open(const std::vector<fs::path>& files, const TokenizeOptions& options,
                            const ProgressCallback& progress, const std::stop_token& stop)
{
    TextCorpus corpus;
    for (const auto& file : files) {
        auto store = cached(file, "texts", options, [&](const fs::path& path) {
            const auto texts = readCorpusTexts(file);
            Ids all;
            for (const auto& ids : encodeAll(*options.tokenizer, texts, file, progress, stop)) {
                all.push_back(options.bosId);
                all.insert(all.end(), ids.begin(), ids.end());
            }
            write(path, all, {}, 0);
        });
        const auto& ids = store->tensor(idsName);
        corpus.m_parts.push_back({store, ids.data, corpus.m_tokens});
        corpus.m_tokens += static_cast<std::int64_t>(ids.data.size() / sizeof(std::int32_t));
    }
    return corpus;
}

void TextCorpus::copy(std::int64_t first, std::span<std::int64_t> out) const
{
    auto part = m_parts.rbegin();
    while (part->first > first)
        ++part;
    auto it = part.base() - 1;
    const auto firstPart = it;
    std::int64_t offset = first - it->first;
    for (auto& id : out) {
        while (static_cast<std::size_t>(offset) * sizeof(std::int32_t) >= it->ids.size()) {
            ++it;
            offset = 0;
        }
        std::int32_t value = 0;
        std::memcpy(&value, it->ids.data() + static_cast<std::size_t>(offset++) * sizeof value, sizeof value);
        id = value;
    }
    for (auto read = firstPart; read <= it; ++read)
        read->store->requireUnchanged();
}

QuestionCorpus QuestionCorpus::open(const std::vector<fs::path>& files, const TokenizeOptions& options,
                                    const ProgressCallback& progress, const std::stop_token& stop)
{
    QuestionCorpus corpus;
    std::size_t contextCount = 0;
    for (const auto& file : files) {
        auto store = cached(file, "questions", options, [&](const fs::path& path) {
            // Equal contexts are stored once. Texts: contexts, then question and answer of each row.
            std::vector<std::string> texts;
            std::unordered_map<std::string, std::size_t> contexts;
            std::vector<std::array<std::size_t, 3>> rows;
            forEachJsonLine(readCorpusFile(file), file.string(), [&](const JsonReader& row) {
                const auto [it, isNew] = contexts.try_emplace(row.text("input"), texts.size());
                if (isNew)
                    texts.push_back(it->first);
                rows.push_back({it->second, texts.size(), texts.size() + 1});
                texts.push_back(row.text("prompt"));
                texts.push_back(row.text("answer"));
            });
            Ids all;
            std::vector<std::int64_t> starts{0};
            for (const auto& ids : encodeAll(*options.tokenizer, texts, file, progress, stop)) {
                all.insert(all.end(), ids.begin(), ids.end());
                starts.push_back(static_cast<std::int64_t>(all.size()));
            }
            std::vector<std::int64_t> ranges;
            for (const auto& row : rows)
                for (const auto text : row) {
                    ranges.push_back(starts[text]);
                    ranges.push_back(starts[text + 1]);
                }
            write(path, all, ranges, rangeColumns);
        });
        const auto& ranges = store->tensor(rangesName);
        const auto part = corpus.m_parts.size();
        std::unordered_map<std::int64_t, std::size_t> numbers; // by where a context begins
        for (std::int64_t row = 0; row < ranges.shape[0]; ++row) {
            std::array<std::int64_t, 6> r{};
            std::memcpy(r.data(), ranges.data.data() + static_cast<std::size_t>(row) * sizeof r, sizeof r);
            const auto number = numbers.try_emplace(r[0], contextCount + numbers.size()).first->second;
            corpus.m_items.push_back({part, number, {r[0], r[1]}, {r[2], r[3]}, {r[4], r[5]}});
        }
        contextCount += numbers.size();
        corpus.m_parts.push_back({store, store->tensor(idsName).data});
    }
    return corpus;
}

QuestionCorpus::Lengths QuestionCorpus::lengths(std::size_t item) const
{
    const auto& i = m_items[item];
    return {i.context.end - i.context.begin, i.question.end - i.question.begin, i.answer.end - i.answer.begin};
}

std::vector<std::int32_t> QuestionCorpus::ids(std::size_t part, Range range) const
{
    std::vector<std::int32_t> result(static_cast<std::size_t>(range.end - range.begin));
    if (!result.empty())
        std::memcpy(result.data(),
                    m_parts[part].ids.data() + static_cast<std::size_t>(range.begin) * sizeof(std::int32_t),
                    result.size() * sizeof(std::int32_t));
    return result;
}

std::vector<std::int32_t> QuestionCorpus::context(std::size_t item) const
{
    return ids(m_items[item].part, m_items[item].context);
}

std::vector<std::int32_t> QuestionCorpus::question(std::size_t item) const
{
    return ids(m_items[item].part, m_items[item].question);
}

std::vector<std::int32_t> QuestionCorpus::answer(std::size_t item) const
{
    return ids(m_items[item].part, m_items[item].answer);
}

} // namespace icae

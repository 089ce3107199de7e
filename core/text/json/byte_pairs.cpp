#include "text/json/byte_pairs.h"

#include "text/json/byte_alphabet.h"
#include "text/json/unsupported.h"
#include "text/utf8.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace icae {

namespace {

constexpr std::size_t cachedWords = std::size_t{1} << 15U;
constexpr std::size_t longestCached = 64; // bytes
constexpr std::size_t fewSymbols = 64; // up to which looking for the best pair beats keeping them ordered
constexpr std::int32_t mostTokens = 1 << 24;
constexpr std::int32_t noRank = std::numeric_limits<std::int32_t>::max();

std::uint64_t pairOf(std::int32_t left, std::int32_t right)
{
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U) | static_cast<std::uint32_t>(right);
}

std::size_t placeOfPair(std::uint64_t pair, std::size_t size)
{
    pair *= 0x9E3779B97F4A7C15U;
    return static_cast<std::size_t>(pair >> 20U) & (size - 1);
}

std::size_t placeOfWord(std::string_view word)
{
    return std::hash<std::string_view>()(word) & (cachedWords - 1);
}

[[noreturn]] void outOfVocabulary(const JsonReader& model, const std::string& token)
{
    throw Error(ErrorKind::InvalidInput,
                model.source() + " is inconsistent: its merges need the token \"" + token
                    + "\", which its vocabulary lacks.",
                "Get the file again from where the model came.");
}

} // namespace

WordCache::WordCache()
    : m_entries(cachedWords)
{
}

const std::vector<WordToken>* WordCache::find(std::string_view word) const
{
    const auto& entry = m_entries[placeOfWord(word)];
    return entry.word == word ? &entry.tokens : nullptr;
}

void WordCache::add(std::string_view word, const std::vector<WordToken>& tokens)
{
    auto& entry = m_entries[placeOfWord(word)];
    entry.word = word;
    entry.tokens = tokens;
}

/// A piece of a word while it is merged: a list over an array, since neighbours vanish.
struct BytePairs::Symbol {
    std::int32_t id = 0;
    std::uint32_t end = 0; ///< of its bytes
    std::int32_t previous = -1;
    std::int32_t next = -1;
    std::int32_t rank = noRank; ///< of the merge with the next one
    std::int32_t merged = 0; ///< what that gives
};

BytePairs::BytePairs(JsonReader model, bool byteLevel)
    : m_byteLevel(byteLevel)
{
    const auto type = model.text("type", model.has("merges") ? "BPE" : "");
    if (type != "BPE")
        unsupportedTokenizer(model.source(), "a tokenizer model of type \"" + type + "\"");
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
        if (!model.text(affix, "").empty())
            unsupportedTokenizer(model.source(), std::string("the setting ") + affix);
    if (model.number("dropout", 0, 1, 0) != 0)
        unsupportedTokenizer(model.source(), "dropout");
    m_fuseUnknown = model.boolean("fuse_unk", false);
    m_byteFallback = model.boolean("byte_fallback", false);
    m_ignoreMerges = model.boolean("ignore_merges", false);
    const auto vocabulary = model.takeObject("vocab");
    const auto& names = vocabulary.json();
    m_texts.reserve(names.size());
    m_ids.reserve(names.size());
    for (const auto& [name, value] : names.items()) {
        const auto id = static_cast<std::int32_t>(vocabulary.integer(name, 0, mostTokens));
        m_names.emplace_hint(m_names.end(), name, id);
        auto bytes = byteLevel ? bytesOfName(name) : std::optional(name);
        if (!bytes) // reached by no text: its characters stand for no bytes
            continue;
        m_texts.push_back(std::move(*bytes));
        m_ids.emplace(m_texts.back(), id);
    }
    if (const auto unknown = model.text("unk_token", ""); !unknown.empty()) {
        const auto id = m_names.find(unknown);
        if (id == m_names.end())
            throw Error(ErrorKind::InvalidInput,
                        model.source() + " is inconsistent: its unk_token \"" + unknown
                            + "\" is not in its vocabulary.",
                        "Get the file again from where the model came.");
        m_unknown = id->second;
    }
    readMerges(model);
}

void BytePairs::readMerges(const JsonReader& model)
{
    const auto& merges = model.at("merges");
    if (!merges.is_array())
        model.fail("merges", "a list of pairs");
    std::size_t size = 64;
    while (size < 2 * merges.size())
        size *= 2;
    m_merges.resize(size);
    std::int32_t rank = 0;
    std::string whole;
    for (const auto& merge : merges) {
        std::string_view left;
        std::string_view right;
        if (merge.is_string()) {
            const std::string_view both = merge.get_ref<const std::string&>();
            const auto space = both.find(' ');
            if (space == std::string_view::npos || both.find(' ', space + 1) != std::string_view::npos)
                model.fail("merges", "a list of pairs");
            left = both.substr(0, space);
            right = both.substr(space + 1);
        } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            left = merge[0].get_ref<const std::string&>();
            right = merge[1].get_ref<const std::string&>();
        } else {
            model.fail("merges", "a list of pairs");
        }
        whole.assign(left).append(right);
        const auto idOf = [&](std::string_view name) {
            const auto id = m_names.find(name);
            if (id == m_names.end())
                outOfVocabulary(model, std::string(name));
            return id->second;
        };
        addMerge(idOf(left), idOf(right), rank++, idOf(whole));
    }
}

void BytePairs::addMerge(std::int32_t left, std::int32_t right, std::int32_t rank, std::int32_t id)
{
    const auto pair = pairOf(left, right);
    auto place = placeOfPair(pair, m_merges.size());
    while (m_merges[place].rank >= 0 && m_merges[place].pair != pair)
        place = (place + 1) & (m_merges.size() - 1);
    m_merges[place] = {pair, rank, id}; // of a pair that is named twice, the later one counts
}

const BytePairs::Merge* BytePairs::mergeOf(std::int32_t left, std::int32_t right) const
{
    const auto pair = pairOf(left, right);
    for (auto place = placeOfPair(pair, m_merges.size()); m_merges[place].rank >= 0;
         place = (place + 1) & (m_merges.size() - 1))
        if (m_merges[place].pair == pair)
            return &m_merges[place];
    return nullptr;
}

bool BytePairs::onlyInFront(std::string_view mark) const
{
    return std::all_of(m_names.begin(), m_names.end(), [&](const auto& token) {
        std::string_view name = token.first;
        while (name.starts_with(mark))
            name.remove_prefix(mark.size());
        return name.find(mark) == std::string_view::npos;
    });
}

bool BytePairs::onlyAlone(std::string_view text) const
{
    return std::all_of(m_names.begin(), m_names.end(), [&](const auto& token) {
        return token.first == text || token.first.find(text) == std::string::npos;
    });
}

std::vector<BytePairs::Symbol> BytePairs::symbolsOf(std::string_view word) const
{
    std::vector<Symbol> symbols;
    symbols.reserve(word.size());
    bool unknown = false; // the last symbol stands for what has no token
    const auto add = [&](std::int32_t id, std::size_t end) {
        symbols.push_back({id, static_cast<std::uint32_t>(end)});
        unknown = false;
    };
    for (std::size_t at = 0; at < word.size();) {
        const auto size = m_byteLevel ? 1 : std::max<std::size_t>(1, utf8Length(word[at]));
        const auto character = word.substr(at, size);
        at += character.size();
        if (const auto id = m_ids.find(character); id != m_ids.end()) {
            add(id->second, at);
            continue;
        }
        if (m_byteFallback) {
            std::vector<std::int32_t> bytes;
            for (const char byte : character)
                if (const auto id = m_names.find(fallbackOfByte(static_cast<unsigned char>(byte))); id != m_names.end())
                    bytes.push_back(id->second);
            if (bytes.size() == character.size()) {
                for (std::size_t i = 0; i < bytes.size(); ++i)
                    add(bytes[i], at - bytes.size() + i + 1);
                continue;
            }
        }
        if (m_unknown < 0)
            continue;
        if (unknown && m_fuseUnknown) {
            symbols.back().end = static_cast<std::uint32_t>(at);
        } else {
            add(m_unknown, at);
            unknown = true;
        }
    }
    return symbols;
}

/// Looks for the best pair again after each merge: fastest for the few symbols of a common word.
void BytePairs::mergeShort(std::vector<Symbol>& symbols) const
{
    const auto rate = [&](std::size_t i) {
        const auto* merge = i + 1 < symbols.size() ? mergeOf(symbols[i].id, symbols[i + 1].id) : nullptr;
        symbols[i].rank = merge == nullptr ? noRank : merge->rank;
        symbols[i].merged = merge == nullptr ? 0 : merge->id;
    };
    for (std::size_t i = 0; i < symbols.size(); ++i)
        rate(i);
    while (symbols.size() > 1) {
        const auto best = std::min_element(symbols.begin(), symbols.end(),
                                           [](const Symbol& a, const Symbol& b) { return a.rank < b.rank; });
        if (best->rank == noRank)
            return;
        const auto i = static_cast<std::size_t>(best - symbols.begin());
        symbols[i].id = symbols[i].merged;
        symbols[i].end = symbols[i + 1].end;
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        rate(i);
        if (i > 0)
            rate(i - 1);
    }
}

/// Keeps the pairs in a heap: n symbols take n·log n steps.
void BytePairs::mergeLong(std::vector<Symbol>& symbols) const
{
    struct Candidate {
        std::int32_t rank = 0;
        std::int32_t place = 0;
        bool operator>(const Candidate& other) const
        {
            return rank != other.rank ? rank > other.rank : place > other.place;
        }
    };
    std::vector<Candidate> heap;
    heap.reserve(symbols.size());
    bool ordered = false;
    const auto count = static_cast<std::int32_t>(symbols.size());
    const auto at = [&](std::int32_t i) -> Symbol& { return symbols[static_cast<std::size_t>(i)]; };
    const auto rate = [&](std::int32_t i) {
        auto& symbol = at(i);
        const auto* merge = symbol.next < 0 ? nullptr : mergeOf(symbol.id, at(symbol.next).id);
        symbol.rank = merge == nullptr ? noRank : merge->rank;
        if (merge == nullptr)
            return;
        symbol.merged = merge->id;
        heap.push_back({merge->rank, i});
        if (ordered)
            std::push_heap(heap.begin(), heap.end(), std::greater<>());
    };
    for (std::int32_t i = 0; i < count; ++i) {
        at(i).previous = i - 1;
        at(i).next = i + 1 < count ? i + 1 : -1;
    }
    for (std::int32_t i = 0; i < count; ++i)
        rate(i);
    std::make_heap(heap.begin(), heap.end(), std::greater<>());
    ordered = true;
    while (!heap.empty()) {
        std::pop_heap(heap.begin(), heap.end(), std::greater<>());
        const auto best = heap.back();
        heap.pop_back();
        auto& symbol = at(best.place);
        if (symbol.rank != best.rank) // joined since, or with another neighbour
            continue;
        auto& gone = at(symbol.next);
        symbol.id = symbol.merged;
        symbol.end = gone.end;
        symbol.next = gone.next;
        gone.rank = noRank;
        gone.id = -1;
        if (symbol.next >= 0)
            at(symbol.next).previous = best.place;
        rate(best.place);
        if (symbol.previous >= 0)
            rate(symbol.previous);
    }
    std::erase_if(symbols, [](const Symbol& symbol) { return symbol.id < 0; });
}

void BytePairs::encode(std::string_view word, WordCache& cache, std::vector<WordToken>& tokens) const
{
    if (word.empty())
        return;
    const bool cached = word.size() <= longestCached;
    if (cached)
        if (const auto* known = cache.find(word)) {
            tokens.insert(tokens.end(), known->begin(), known->end());
            return;
        }
    std::vector<WordToken> own;
    if (const auto whole = m_ignoreMerges ? m_ids.find(word) : m_ids.end(); whole != m_ids.end()) {
        own.push_back({whole->second, static_cast<std::uint32_t>(word.size())});
    } else {
        auto symbols = symbolsOf(word);
        if (symbols.size() <= fewSymbols)
            mergeShort(symbols);
        else
            mergeLong(symbols);
        own.reserve(symbols.size());
        for (const auto& symbol : symbols)
            own.push_back({symbol.id, symbol.end});
    }
    tokens.insert(tokens.end(), own.begin(), own.end());
    if (cached)
        cache.add(word, own);
}

} // namespace icae

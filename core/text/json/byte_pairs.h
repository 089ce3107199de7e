#pragma once

#include "protocol/json.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace icae {

/// A token within a word.
struct WordToken {
    std::int32_t id = 0;
    std::uint32_t end = 0; ///< one past its last byte, counted from the word's start
};

/// Tokens of words that were seen before; one a thread.
class WordCache {
public:
    WordCache();
    /// nullptr where the word is not known.
    const std::vector<WordToken>* find(std::string_view word) const;
    void add(std::string_view word, const std::vector<WordToken>& tokens);

private:
    struct Entry {
        std::string word;
        std::vector<WordToken> tokens;
    };
    std::vector<Entry> m_entries; ///< by hash; a newer word drives out the older one
};

/// Byte-pair encoding (Sennrich et al. 2016) as the "model" of a tokenizer.json describes it: within a word, the pair
/// whose merge stands first in the list is joined, the leftmost one where it is there several times, until none is
/// left.
class BytePairs {
public:
    /// @param byteLevel the vocabulary's names are in GPT-2's alphabet, and words are bytes
    /// @throws Error (Unsupported) naming a setting or another kind of model; (InvalidInput)
    BytePairs(JsonReader model, bool byteLevel);
    ~BytePairs() = default;
    BytePairs(const BytePairs&) = delete;
    BytePairs& operator=(const BytePairs&) = delete;

    /// Appends the tokens of a word. Characters without a token are dropped where there is none for the unknown.
    void encode(std::string_view word, WordCache& cache, std::vector<WordToken>& tokens) const;

    /// Tokens by name, as the file has them.
    const std::map<std::string, std::int32_t, std::less<>>& vocabulary() const { return m_names; }
    std::int32_t unknownId() const { return m_unknown; } ///< -1: none
    bool hasByteFallback() const { return m_byteFallback; }
    /// Whether no token holds `mark` behind another character, so that what begins with one is never joined to what
    /// stands before.
    bool onlyInFront(std::string_view mark) const;
    /// Whether no token holds `text` beside other characters.
    bool onlyAlone(std::string_view text) const;

private:
    struct Merge {
        std::uint64_t pair = 0;
        std::int32_t rank = -1; ///< -1: the place is free
        std::int32_t id = 0;
    };
    struct Symbol;
    void readMerges(const JsonReader& model);
    void addMerge(std::int32_t left, std::int32_t right, std::int32_t rank, std::int32_t id);
    const Merge* mergeOf(std::int32_t left, std::int32_t right) const;
    std::vector<Symbol> symbolsOf(std::string_view word) const;
    void mergeShort(std::vector<Symbol>& symbols) const;
    void mergeLong(std::vector<Symbol>& symbols) const;

    std::map<std::string, std::int32_t, std::less<>> m_names;
    std::unordered_map<std::string_view, std::int32_t> m_ids; ///< by what a token is in a word
    std::vector<std::string> m_texts; ///< what m_ids looks at
    std::vector<Merge> m_merges; ///< open addressing
    std::int32_t m_unknown = -1;
    bool m_fuseUnknown = false;
    bool m_byteFallback = false;
    bool m_ignoreMerges = false;
    bool m_byteLevel = false;
};

} // namespace icae

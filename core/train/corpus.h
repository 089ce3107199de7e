#pragma once

#include "protocol/progress.h"
#include "tensor/safetensors.h"
#include "text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

namespace icae {

/// What a corpus is tokenised with, and where the results are kept.
struct TokenizeOptions {
    std::shared_ptr<const Tokenizer> tokenizer;
    std::filesystem::path tokenizerFile; ///< its hash is part of a cache file's name
    std::int32_t bosId = 1; ///< stands before each text
    std::filesystem::path cacheFolder; ///< empty: $XDG_CACHE_HOME/icae/corpora
};

/// Texts as one sequence of token ids, BOS before each. Read from .txt and .md (one text a file) and .jsonl (one text a
/// line, field "text"), each also compressed as .xz. Tokenised once, on all cores, into a memory-mapped file that is
/// found again by the hashes of content and tokenizer; one that is damaged is made again.
class TextCorpus {
public:
    /// @throws Error (NotFound, Io, InvalidInput) naming file and line; (Cancelled)
    static TextCorpus open(const std::vector<std::filesystem::path>& files, const TokenizeOptions& options,
                           const ProgressCallback& progress, const std::stop_token& stop);

    std::int64_t tokens() const { return m_tokens; }
    /// Tokens first … first + count - 1; the files follow each other. count is at most tokens() - first.
    void copy(std::int64_t first, std::span<std::int64_t> out) const;

private:
    struct Part {
        std::shared_ptr<const TensorStore> store;
        std::span<const std::byte> ids;
        std::int64_t first = 0;
    };
    std::vector<Part> m_parts;
    std::int64_t m_tokens = 0;
};

/// Questions over texts, tokenised and kept like TextCorpus. Files hold PwC's {"input", "prompt", "answer"} a line.
class QuestionCorpus {
public:
    static QuestionCorpus open(const std::vector<std::filesystem::path>& files, const TokenizeOptions& options,
                               const ProgressCallback& progress, const std::stop_token& stop);

    struct Lengths {
        std::int64_t context = 0;
        std::int64_t question = 0;
        std::int64_t answer = 0;
    };

    std::size_t size() const { return m_items.size(); }
    Lengths lengths(std::size_t item) const;
    /// Equal for questions that a file asks about one context.
    std::size_t contextOf(std::size_t item) const { return m_items[item].contextNumber; }
    /// Ids without BOS and EOS.
    std::vector<std::int32_t> context(std::size_t item) const;
    std::vector<std::int32_t> question(std::size_t item) const;
    std::vector<std::int32_t> answer(std::size_t item) const;

private:
    struct Range {
        std::int64_t begin = 0;
        std::int64_t end = 0;
    };
    struct Item {
        std::size_t part = 0;
        std::size_t contextNumber = 0;
        Range context;
        Range question;
        Range answer;
    };
    struct Part {
        std::shared_ptr<const TensorStore> store;
        std::span<const std::byte> ids;
    };
    std::vector<std::int32_t> ids(std::size_t part, Range range) const;

    std::vector<Part> m_parts;
    std::vector<Item> m_items;
};

/// Decompressed content of a corpus file.
/// @throws Error (NotFound, Io, InvalidInput)
std::string readCorpusFile(const std::filesystem::path& file);

/// The texts of a corpus file. @throws Error (NotFound, Io, InvalidInput) naming file and line
std::vector<std::string> readCorpusTexts(const std::filesystem::path& file);

/// Whether a name ends as TextCorpus's files do: .txt, .md or .jsonl, also with .xz.
bool isTextFile(const std::filesystem::path& file);
/// Whether a name ends as QuestionCorpus's files do: .jsonl, also with .xz.
bool isQuestionFile(const std::filesystem::path& file);

} // namespace icae

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// One token and the bytes of the source text that it stands for.
struct Token {
    std::int32_t id = 0;
    std::size_t begin = 0; ///< first byte
    std::size_t end = 0; ///< one past the last; begin for a token without text of its own (a dummy prefix)
};

/// A sentencepiece model, as HF's LlamaTokenizer uses it. Safe to use from several threads.
class Tokenizer {
public:
    /// @param modelFile a tokenizer.model
    /// @throws Error (NotFound, InvalidInput) for the file, (Internal) where the tokenizer plug-in cannot be loaded
    static std::shared_ptr<const Tokenizer> load(const std::filesystem::path& modelFile);
    ~Tokenizer();
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;

    /// Ids equal `spm_encode`'s; no BOS or EOS. The ranges follow each other and together cover the text. A character
    /// written as several byte pieces belongs to the last of them; the earlier ones have empty ranges at its start.
    /// Long texts are encoded in parts, on several threads.
    /// @throws Error (InvalidInput) naming the offset where the text is not valid UTF-8
    std::vector<Token> encode(std::string_view text) const;
    std::vector<std::int32_t> encodeIds(std::string_view text) const;

    /// A stretch of a text, in bytes.
    struct Part {
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    /// Cuts a text into parts whose tokens, one part's after the other's, are those of the whole: see partBegins(). One
    /// part where this model cannot do so, or the text is short; none for an empty text.
    /// @throws Error (InvalidInput) as encode()
    std::vector<Part> parts(std::string_view text) const;
    /// The tokens of a part, ranges counted from where it begins.
    std::vector<Token> encodePart(std::string_view text, Part part) const;

    /// Equals SentencePieceProcessor::Decode, but for bytes that are not valid UTF-8, which become U+FFFD.
    /// @throws Error (InvalidInput) for an id outside the vocabulary
    std::string decode(std::span<const std::int32_t> ids) const;

    std::string piece(std::int32_t id) const; ///< as stored, with "▁" for a space
    bool isByte(std::int32_t id) const; ///< a byte-fallback piece such as <0x41>
    bool isControl(std::int32_t id) const; ///< BOS, EOS: no text
    bool contains(std::int32_t id) const { return id >= 0 && id < m_size; }
    std::int32_t size() const { return m_size; } ///< pieces in the vocabulary
    std::int32_t bosId() const; ///< -1 where the model has none
    std::int32_t eosId() const; ///< -1 where the model has none
    std::int32_t unknownId() const;

private:
    struct Plugin;
    Tokenizer(std::shared_ptr<const Plugin> plugin, std::string_view model, const std::string& source);
    void requireId(std::int32_t id) const;
    std::vector<Token> encodeWhole(std::string_view text) const;

    std::shared_ptr<const Plugin> m_plugin;
    struct Handle;
    std::unique_ptr<Handle> m_handle;
    std::int32_t m_size = 0;
    bool m_wordsAlone = false; ///< texts can be cut
};

} // namespace icae

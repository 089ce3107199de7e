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

/// What becomes of a text that reads like a control token, such as </s> or <|eot_id|>.
enum class ControlTokens {
    AsText, ///< it stays text: what a person gives never becomes one by accident
    Recognised, ///< it becomes that token, where the tokenizer can do so: for prompts that a program writes
};

/// Turns texts into tokens and back. Safe to use from several threads.
class Tokenizer {
public:
    /// @param file a tokenizer.model (sentencepiece) or tokenizer.json (Hugging Face tokenizers)
    /// @throws Error (NotFound, InvalidInput) for the file, (Unsupported) naming what a tokenizer.json asks for,
    ///         (Internal) where the tokenizer plug-in cannot be loaded
    static std::shared_ptr<const Tokenizer> load(const std::filesystem::path& file);

    Tokenizer() = default;
    virtual ~Tokenizer() = default;
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;

    /// Ids equal `spm_encode`'s or Hugging Face tokenizers'; no BOS or EOS. The ranges follow each other and together
    /// cover the text. A character written as several byte pieces belongs to the last of them; the earlier ones have
    /// empty ranges at its start. Long texts are encoded in parts, on several threads.
    /// @throws Error (InvalidInput) naming the offset where the text is not valid UTF-8
    std::vector<Token> encode(std::string_view text) const;
    std::vector<std::int32_t> encodeIds(std::string_view text) const;
    /// The ids of a text that a program wrote, in which control tokens are recognised.
    std::vector<std::int32_t> encodePrompt(std::string_view text) const;

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
    virtual std::vector<Token> encodePart(std::string_view text, Part part) const = 0;

    /// Equals SentencePieceProcessor::Decode or Hugging Face's decode without special tokens, but for bytes that are
    /// not valid UTF-8, which become U+FFFD.
    /// @throws Error (InvalidInput) for an id outside the vocabulary
    virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
    /// The bytes, perhaps only some of a character's, that a token adds to a decoded text.
    /// @param first whether it is the first token that is no control token
    virtual std::string bytesOf(std::int32_t id, bool first) const = 0;

    /// How a token is shown: "▁" for a space, bytes that are no whole character as <0x41>.
    virtual std::string piece(std::int32_t id) const = 0;
    virtual bool isControl(std::int32_t id) const = 0; ///< BOS, EOS and the like: no text
    virtual std::int32_t find(std::string_view name) const = 0; ///< the token of that name; -1: there is none
    bool contains(std::int32_t id) const { return id >= 0 && id < size(); }
    virtual std::int32_t size() const = 0; ///< one more than the largest id
    virtual std::int32_t bosId() const = 0; ///< set in front of every text; -1 where the model sets none
    virtual std::int32_t eosId() const = 0; ///< -1 where the model names none
    virtual std::int32_t unknownId() const = 0; ///< -1 where there is none

protected:
    /// Where a text can be cut; the first is 0.
    virtual std::vector<std::size_t> partBeginsIn(std::string_view text) const = 0;
    virtual std::vector<Token> encodeRecognising(std::string_view text) const = 0;
    void requireId(std::int32_t id) const;
};

} // namespace icae

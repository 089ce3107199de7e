#pragma once

#include "text/tokenizer.h"

#include <memory>
#include <string>

namespace icae {

/// A sentencepiece model (tokenizer.model), as HF's LlamaTokenizer uses it. It recognises no control tokens in a text.
class SentencePieceTokenizer final : public Tokenizer {
public:
    /// @param model the file's bytes; @param source its name for messages
    /// @throws Error (InvalidInput, Internal) as Tokenizer::load()
    SentencePieceTokenizer(std::string_view model, const std::string& source);
    ~SentencePieceTokenizer() override;
    SentencePieceTokenizer(const SentencePieceTokenizer&) = delete;
    SentencePieceTokenizer& operator=(const SentencePieceTokenizer&) = delete;

    std::vector<Token> encodePart(std::string_view text, Part part) const override;
    std::string decode(std::span<const std::int32_t> ids) const override;
    std::string bytesOf(std::int32_t id, bool first) const override;
    std::string piece(std::int32_t id) const override;
    bool isControl(std::int32_t id) const override;
    std::int32_t find(std::string_view name) const override;
    std::int32_t size() const override { return m_size; }
    std::int32_t bosId() const override;
    std::int32_t eosId() const override;
    std::int32_t unknownId() const override;

protected:
    std::vector<std::size_t> partBeginsIn(std::string_view text) const override;
    std::vector<Token> encodeRecognising(std::string_view text) const override { return encode(text); }

private:
    struct Plugin;
    struct Handle;
    std::vector<Token> encodeWhole(std::string_view text) const;
    bool isByte(std::int32_t id) const; ///< a byte-fallback piece such as <0x41>
    void findAnchor();

    std::shared_ptr<const Plugin> m_plugin;
    std::unique_ptr<Handle> m_handle;
    std::int32_t m_size = 0;
    bool m_wordsAlone = false; ///< texts can be cut
    std::int32_t m_anchor = -1; ///< a piece of one character that is decoded before every other one
};

} // namespace icae

#pragma once

#include "text/json/added_tokens.h"
#include "text/json/byte_pairs.h"
#include "text/json/normalizer.h"
#include "text/json/pre_tokenizer.h"
#include "text/json/token_decoder.h"
#include "text/tokenizer.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace icae {

/// A tokenizer.json of Hugging Face tokenizers, as far as byte-pair encoding goes. Texts run through its steps:
/// added tokens are taken out, what lies between is normalised, cut into words and merged into tokens.
class JsonTokenizer final : public Tokenizer {
public:
    /// @param json the file's content; @param source its name for messages
    /// @throws Error (InvalidInput); (Unsupported) naming the step that is not known
    JsonTokenizer(std::string_view json, const std::string& source);
    ~JsonTokenizer() override;
    JsonTokenizer(const JsonTokenizer&) = delete;
    JsonTokenizer& operator=(const JsonTokenizer&) = delete;

    std::vector<Token> encodePart(std::string_view text, Part part) const override;
    std::string decode(std::span<const std::int32_t> ids) const override;
    std::string bytesOf(std::int32_t id, bool first) const override;
    std::string piece(std::int32_t id) const override;
    bool isControl(std::int32_t id) const override;
    std::int32_t find(std::string_view name) const override;
    std::int32_t size() const override { return static_cast<std::int32_t>(m_tokens.size()); }
    std::int32_t bosId() const override { return m_before.empty() ? -1 : m_before.front(); }
    std::int32_t eosId() const override { return m_after.empty() ? -1 : m_after.back(); }
    std::int32_t unknownId() const override { return m_pairs->unknownId(); }

    /// The text with its control tokens, as they are written.
    std::string decodeWithControls(std::span<const std::int32_t> ids) const;
    /// Ids with what the file's post-processor sets around a text.
    std::vector<std::int32_t> withSpecial(std::vector<std::int32_t> ids) const;

protected:
    std::vector<std::size_t> partBeginsIn(std::string_view text) const override;
    std::vector<Token> encodeRecognising(std::string_view text) const override;

private:
    /// What one thread works with.
    struct Scratch {
        PatternScratch pattern;
        WordCache words;
        std::vector<WordToken> tokens;
    };
    class Borrowed;
    /// A token as it is written.
    struct Known {
        std::string name;
        std::string text; ///< bytes that it adds to a decoded text
        bool exists = false; ///< else a hole among the ids
        bool added = false;
        bool control = false;
    };
    /// Where a stretch between added tokens stands.
    struct Place {
        bool ofText = false; ///< in the first part of a text
        bool first = false; ///< nothing stands before it in its part
    };
    void readTokens();
    void readAffixes(const JsonReader& processor);
    std::vector<Token> run(std::string_view text, bool atStart, ControlTokens controls) const;
    void runBetween(std::string_view text, std::size_t offset, const Place& place, ControlTokens controls,
                    Scratch& scratch, std::vector<Token>& tokens) const;
    void encodeWord(std::string_view word, Scratch& scratch) const;
    static void addToken(std::vector<Token>& tokens, std::int32_t id, std::size_t end);
    const Known& known(std::int32_t id) const;

    Normalizer m_normalizer;
    PreTokenizer m_preTokenizer;
    TokenDecoder m_decoder;
    std::unique_ptr<const BytePairs> m_pairs;
    std::unique_ptr<const AddedTokens> m_added;
    std::vector<Known> m_tokens; ///< by id
    std::vector<std::int32_t> m_before; ///< set in front of every text
    std::vector<std::int32_t> m_after;
    bool m_wholeTexts = false; ///< the text between two added tokens is one word
    bool m_cutsAtMarks = false; ///< … but no token holds the mark of a space behind another character
    bool m_canBeCut = false; ///< into parts
    mutable std::mutex m_mutex;
    mutable std::vector<std::unique_ptr<Scratch>> m_idle;
};

} // namespace icae

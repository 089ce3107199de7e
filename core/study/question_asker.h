#pragma once

#include "icae/compressor.h"
#include "icae/question_words.h"
#include "icae/reader.h"
#include "protocol/token_id.h"
#include "study/questions.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace icae {

/// Ids of a question's parts, without BOS and EOS.
struct EncodedQuestion {
    TokenIds input;
    TokenIds question;
    TokenIds answer;
};

/// Tokens of the longest answer that is asked for.
inline constexpr std::int64_t mostAnswerTokens = 96;

/// How many of `size` questions are asked. @param most 0: all
inline std::size_t questionsToAsk(std::size_t size, std::int64_t most)
{
    return most > 0 ? std::min(size, static_cast<std::size_t>(most)) : size;
}

/// Prompts of one question after the text's slots, after the text, and after nothing, with the adapter's template.
class QuestionAsker {
public:
    explicit QuestionAsker(const Model& model);

    const Reader& reader() const { return m_reader; }

    /// Spans as published; a span of n tokens gets the least slot count k with 4·k ≥ n, or the adapter's most.
    Prompt withSlots(const TokenIds& text, const TokenIds& question) const;
    /// BOS and the text, which may be empty.
    Prompt plain(const TokenIds& text, const TokenIds& question) const;

    /// Nothing where the text has under 16 or over 2,048 tokens, the question over 64, the answer none or over 96.
    std::optional<EncodedQuestion> encode(const Question& question) const;
    /// One prompt more after the text, one after its slots, one after nothing, in this order.
    void addPrompts(const EncodedQuestion& ids, std::array<std::vector<Prompt>, 3>& prompts) const;

    Prompt withSlots(const Question& question) const;
    Prompt withText(const Question& question) const;
    Prompt withNothing(const Question& question) const;

private:
    TokenIds encode(const std::string& text) const { return m_model.tokenizer()->encodeIds(text); }

    const Model& m_model;
    Compressor m_compressor;
    Reader m_reader;
    QuestionWords m_words;
};

} // namespace icae

#pragma once

#include "icae/compressor.h"
#include "icae/reader.h"
#include "protocol/token_id.h"
#include "study/questions.h"

namespace icae {

/// Prompts of one question after the text's slots, after the text, and after nothing, with the adapter's template.
class QuestionAsker {
public:
    explicit QuestionAsker(const Model& model);

    const Reader& reader() const { return m_reader; }

    /// Spans as published; a span of n tokens gets the least slot count k with 4·k ≥ n, or the adapter's most.
    Prompt withSlots(const TokenIds& text, const TokenIds& question) const;
    /// BOS and the text, which may be empty.
    Prompt plain(const TokenIds& text, const TokenIds& question) const;

    Prompt withSlots(const Question& question) const;
    Prompt withText(const Question& question) const;
    Prompt withNothing(const Question& question) const;

private:
    TokenIds bos() const { return m_model.config().hasBos ? m_first : TokenIds{}; }
    TokenIds encode(const std::string& text) const { return m_model.tokenizer()->encodeIds(text); }

    const Model& m_model;
    Compressor m_compressor;
    Reader m_reader;
    TokenIds m_first; ///< what stands before everything where nothing else does
    TokenIds m_left;
    TokenIds m_before;
    TokenIds m_after;
};

} // namespace icae

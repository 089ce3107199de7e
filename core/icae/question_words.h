#pragma once

#include "icae/model.h"
#include "protocol/token_id.h"

#include <string_view>

namespace icae {

/// What stands around context and question, as the adapter's template has it: everybody who asks takes it from here.
struct QuestionWords {
    TokenIds bos; ///< empty where the base has none
    TokenIds first; ///< what stands before everything where nothing else does
    TokenIds left; ///< before slots
    TokenIds before; ///< before a question
    TokenIds after; ///< behind it

    explicit QuestionWords(const Model& model);

    /// A question with its words.
    TokenIds asked(const TokenIds& question) const;
    /// Everything before an answer where no slots are read: BOS, the text, which may be empty, and the question.
    TokenIds plain(const TokenIds& text, const TokenIds& question) const;
};

/// One behind the other.
TokenIds joined(std::initializer_list<TokenIds> parts);

} // namespace icae

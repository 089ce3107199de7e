#include "icae/question_words.h"

namespace icae {

TokenIds joined(std::initializer_list<TokenIds> parts)
{
    TokenIds all;
    for (const auto& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

QuestionWords::QuestionWords(const Model& model)
    : first{static_cast<TokenId>(model.config().bosId)}
{
    const auto& words = model.adapter().config.prompt;
    const auto& tokenizer = *model.tokenizer();
    if (model.config().hasBos)
        bos = first;
    left = joined({words.leftBos ? bos : TokenIds{}, tokenizer.encodePrompt(words.left)});
    before = tokenizer.encodePrompt(words.rightBefore);
    after = tokenizer.encodePrompt(words.rightAfter);
}

TokenIds QuestionWords::asked(const TokenIds& question) const
{
    return joined({before, question, after});
}

TokenIds QuestionWords::plain(const TokenIds& text, const TokenIds& question) const
{
    return joined({text.empty() ? first : bos, text, asked(question)});
}

} // namespace icae

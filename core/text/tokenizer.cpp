#include "text/tokenizer.h"

#include "input/read_input.h"
#include "protocol/error.h"
#include "protocol/placeholder.h"
#include "text/json/json_tokenizer.h"
#include "text/sentencepiece_tokenizer.h"
#include "text/text_parts.h"
#include "text/utf8.h"

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t worthThreads = std::size_t{64} << 10U; // bytes; corpora of short texts have threads of their own

std::vector<std::int32_t> idsOf(const std::vector<Token>& tokens)
{
    std::vector<std::int32_t> ids;
    ids.reserve(tokens.size());
    for (const auto& token : tokens)
        ids.push_back(token.id);
    return ids;
}

constexpr std::size_t longestTokenizer = std::size_t{256} << 20U; // bytes

void requireText(std::string_view text)
{
    if (const auto offset = firstInvalidUtf8(text))
        throw Error(ErrorKind::InvalidInput,
                    "The text is not valid UTF-8: byte " + std::to_string(*offset) + " starts no character.",
                    "Convert the text to UTF-8 first, for example with iconv.");
    if (text.size() > INT32_MAX)
        throw Error(ErrorKind::InvalidInput, "The text is longer than 2 GiB.", "Split it.");
}

} // namespace

std::shared_ptr<const Tokenizer> Tokenizer::load(const fs::path& file)
{
    refuseDanglingLink(file);
    std::error_code ignored;
    if (!fs::exists(file, ignored))
        throw Error(ErrorKind::NotFound, "There is no tokenizer at " + file.string() + ".",
                    "The model's folder must hold its tokenizer.model or tokenizer.json; download it from where the "
                    "model came.");
    const auto content = readInput(file, {InputKind::File, longestTokenizer, {}});
    refusePlaceholder(content, file.string());
    if (file.extension() == ".json")
        return std::make_shared<JsonTokenizer>(content, file.string());
    return std::make_shared<SentencePieceTokenizer>(content, file.string());
}

std::vector<Tokenizer::Part> Tokenizer::parts(std::string_view text) const
{
    requireText(text);
    if (text.empty())
        return {};
    const auto begins = partBeginsIn(text);
    std::vector<Part> parts;
    for (std::size_t i = 0; i < begins.size(); ++i)
        parts.push_back({begins[i], i + 1 < begins.size() ? begins[i + 1] : text.size()});
    return parts;
}

std::vector<Token> Tokenizer::encode(std::string_view text) const
{
    const auto ranges = parts(text);
    std::vector<std::vector<Token>> tokens(ranges.size());
    const auto encodeOne = [&](std::size_t i) { tokens[i] = encodePart(text, ranges[i]); };
    if (text.size() < worthThreads)
        for (std::size_t i = 0; i < ranges.size(); ++i)
            encodeOne(i);
    else
        forEachPart(ranges.size(), encodeOne);
    if (ranges.size() == 1)
        return std::move(tokens.front());
    std::vector<Token> all;
    for (std::size_t i = 0; i < ranges.size(); ++i)
        for (const auto& token : tokens[i])
            all.push_back({token.id, token.begin + ranges[i].begin, token.end + ranges[i].begin});
    return all;
}

std::vector<std::int32_t> Tokenizer::encodeIds(std::string_view text) const
{
    return idsOf(encode(text));
}

std::vector<std::int32_t> Tokenizer::encodePrompt(std::string_view text) const
{
    requireText(text);
    return idsOf(encodeRecognising(text));
}

void Tokenizer::requireId(std::int32_t id) const
{
    if (!contains(id))
        throw Error(ErrorKind::InvalidInput,
                    "Token " + std::to_string(id) + " is outside the vocabulary of " + std::to_string(size()) + ".",
                    "The tokenizer does not belong to this model; use the one from the model's folder.");
}

} // namespace icae

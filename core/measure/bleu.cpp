#include "measure/bleu.h"

#include "measure/unicode.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace icae {

namespace {

constexpr std::size_t maxOrder = 4;

struct Statistics {
    std::array<std::int64_t, maxOrder> correct{};
    std::array<std::int64_t, maxOrder> total{};
    std::int64_t hypothesisLength = 0;
    std::int64_t referenceLength = 0;
};

bool isDigit(char32_t c)
{
    return c >= U'0' && c <= U'9';
}

/// The characters of the first rule: all ASCII punctuation but . , - and ', which later rules treat.
bool isSeparated(char32_t c)
{
    return (c >= U'{' && c <= U'~') || (c >= U'[' && c <= U'`') || (c >= U' ' && c <= U'&') || (c >= U'(' && c <= U'+')
        || (c >= U':' && c <= U'@') || c == U'/';
}

std::u32string replaceAll(std::u32string text, std::u32string_view from, std::u32string_view to)
{
    for (auto at = text.find(from); at != std::u32string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// The four substitutions of tokenizer_re.py, each over the whole text, from left to right and without overlap.
std::u32string separate(const std::u32string& text)
{
    std::u32string spaced;
    for (const char32_t c : text) {
        if (isSeparated(c))
            spaced += {U' ', c, U' '};
        else
            spaced += c;
    }
    std::u32string afterNonDigit; // ([^0-9])([\.,]) -> \1 \2␣
    for (std::size_t i = 0; i < spaced.size(); ++i) {
        const bool pair =
            i + 1 < spaced.size() && !isDigit(spaced[i]) && (spaced[i + 1] == U'.' || spaced[i + 1] == U',');
        afterNonDigit += spaced[i];
        if (pair)
            afterNonDigit += {U' ', spaced[++i], U' '};
    }
    std::u32string beforeNonDigit; // ([\.,])([^0-9]) -> ␣\1 \2
    for (std::size_t i = 0; i < afterNonDigit.size(); ++i) {
        const char32_t c = afterNonDigit[i];
        const bool pair = (c == U'.' || c == U',') && i + 1 < afterNonDigit.size() && !isDigit(afterNonDigit[i + 1]);
        if (pair)
            beforeNonDigit += {U' ', c, U' ', afterNonDigit[++i]};
        else
            beforeNonDigit += c;
    }
    std::u32string result; // ([0-9])(-) -> \1 \2␣
    for (std::size_t i = 0; i < beforeNonDigit.size(); ++i) {
        result += beforeNonDigit[i];
        if (isDigit(beforeNonDigit[i]) && i + 1 < beforeNonDigit.size() && beforeNonDigit[i + 1] == U'-')
            result += {U' ', beforeNonDigit[++i], U' '};
    }
    return result;
}

using Counts = std::unordered_map<std::string, std::int64_t>;

Counts countNgrams(const std::vector<std::string>& tokens, std::size_t order)
{
    Counts counts;
    for (std::size_t i = 0; i + order <= tokens.size(); ++i) {
        std::string ngram;
        for (std::size_t j = i; j < i + order; ++j)
            ngram.append(tokens[j]).push_back('\0');
        ++counts[ngram];
    }
    return counts;
}

void add(Statistics& statistics, std::string_view hypothesis, std::string_view reference)
{
    const auto theirs = tokenize13a(hypothesis);
    const auto ours = tokenize13a(reference);
    statistics.hypothesisLength += static_cast<std::int64_t>(theirs.size());
    statistics.referenceLength += static_cast<std::int64_t>(ours.size());
    for (std::size_t order = 1; order <= maxOrder; ++order) {
        const auto expected = countNgrams(ours, order);
        for (const auto& [ngram, count] : countNgrams(theirs, order)) {
            const auto match = expected.find(ngram);
            statistics.correct[order - 1] += match == expected.end() ? 0 : std::min(count, match->second);
            statistics.total[order - 1] += count;
        }
    }
}

BleuScore scoreOf(const Statistics& s, bool effectiveOrder)
{
    BleuScore result;
    result.hypothesisLength = s.hypothesisLength;
    result.referenceLength = s.referenceLength;
    result.brevityPenalty = 1.0;
    if (s.hypothesisLength < s.referenceLength)
        result.brevityPenalty = s.hypothesisLength == 0
            ? 0.0
            : std::exp(1.0 - static_cast<double>(s.referenceLength) / static_cast<double>(s.hypothesisLength));
    if (std::all_of(s.correct.begin(), s.correct.end(), [](auto count) { return count == 0; }))
        return result;
    double smoothing = 1.0;
    double logs = 0;
    std::size_t orders = effectiveOrder ? 0 : maxOrder;
    for (std::size_t i = 0; i < maxOrder && s.total[i] > 0; ++i) {
        if (effectiveOrder)
            orders = i + 1;
        auto matches = static_cast<double>(s.correct[i]);
        if (s.correct[i] == 0) {
            smoothing *= 2;
            matches = 1.0 / smoothing;
        }
        result.precisions[i] = matches / static_cast<double>(s.total[i]);
    }
    for (std::size_t i = 0; i < orders; ++i) {
        if (result.precisions[i] <= 0)
            return result; // an order without any n-gram: sacrebleu's log of zero
        logs += std::log(result.precisions[i]);
    }
    result.score = result.brevityPenalty * std::exp(logs / static_cast<double>(orders));
    return result;
}

} // namespace

std::vector<std::string> tokenize13a(std::string_view text)
{
    auto wide = decodeUtf8(text);
    while (!wide.empty() && isUnicodeSpace(wide.back())) // sacrebleu strips line ends before anything else
        wide.pop_back();
    wide = replaceAll(std::move(wide), U"<skipped>", U"");
    wide = replaceAll(std::move(wide), U"-\n", U"");
    wide = replaceAll(std::move(wide), U"\n", U" ");
    if (wide.find(U'&') != std::u32string::npos) {
        wide = replaceAll(std::move(wide), U"&quot;", U"\"");
        wide = replaceAll(std::move(wide), U"&amp;", U"&");
        wide = replaceAll(std::move(wide), U"&lt;", U"<");
        wide = replaceAll(std::move(wide), U"&gt;", U">");
    }
    const auto separated = separate(U" " + wide + U" ");
    std::vector<std::string> tokens;
    std::string token;
    for (const char32_t c : separated) {
        if (!isUnicodeSpace(c)) {
            appendUtf8(token, c);
        } else if (!token.empty()) {
            tokens.push_back(std::move(token));
            token.clear();
        }
    }
    if (!token.empty())
        tokens.push_back(std::move(token));
    return tokens;
}

BleuScore sentenceBleu(std::string_view hypothesis, std::string_view reference)
{
    Statistics statistics;
    add(statistics, hypothesis, reference);
    auto result = scoreOf(statistics, true);
    if (result.referenceLength == 0 && hypothesis == reference && !reference.empty())
        result.score = 1;
    return result;
}

BleuScore corpusBleu(std::span<const std::string> hypotheses, std::span<const std::string> references)
{
    Statistics statistics;
    for (std::size_t i = 0; i < std::min(hypotheses.size(), references.size()); ++i)
        add(statistics, hypotheses[i], references[i]);
    return scoreOf(statistics, false);
}

} // namespace icae

#include "measure/match.h"

#include "measure/unicode.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

namespace icae {

namespace {

template <typename Item> double bagF1(std::span<const Item> reference, std::span<const Item> hypothesis)
{
    if (reference.empty() || hypothesis.empty())
        return reference.empty() && hypothesis.empty() ? 1.0 : 0.0;
    std::unordered_map<Item, std::int64_t> left;
    for (const auto& item : reference)
        ++left[item];
    std::int64_t common = 0;
    for (const auto& item : hypothesis) {
        const auto it = left.find(item);
        if (it != left.end() && it->second-- > 0)
            ++common;
    }
    return 2.0 * static_cast<double>(common) / static_cast<double>(reference.size() + hypothesis.size());
}

/// SQuAD's normalize_answer, as words.
std::vector<std::string> normalisedWords(std::string_view text)
{
    std::vector<std::string> words;
    std::string word;
    const auto flush = [&] {
        if (!word.empty() && word != "a" && word != "an" && word != "the")
            words.push_back(word);
        word.clear();
    };
    for (const char32_t c : decodeUtf8(text)) {
        if (isUnicodeSpace(c))
            flush();
        else if (c >= 0x80 || isWordCharacter(c))
            if (c != U'_')
                appendUtf8(word, c >= U'A' && c <= U'Z' ? c + (U'a' - U'A') : c);
    }
    flush();
    return words;
}

std::size_t matchingPrefix(std::span<const std::int32_t> a, std::span<const std::int32_t> b)
{
    const auto length = std::min(a.size(), b.size());
    return static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(length), b.begin()).first - a.begin());
}

} // namespace

double exactMatchPrefix(std::span<const std::int32_t> reference, std::span<const std::int32_t> hypothesis)
{
    if (reference.empty())
        return hypothesis.empty() ? 1.0 : 0.0;
    return static_cast<double>(matchingPrefix(reference, hypothesis)) / static_cast<double>(reference.size());
}

double tokenAccuracy(std::span<const std::int32_t> reference, std::span<const std::int32_t> hypothesis)
{
    if (reference.empty())
        return hypothesis.empty() ? 1.0 : 0.0;
    std::size_t equal = 0;
    for (std::size_t i = 0; i < std::min(reference.size(), hypothesis.size()); ++i)
        equal += reference[i] == hypothesis[i] ? 1 : 0;
    return static_cast<double>(equal) / static_cast<double>(reference.size());
}

double tokenF1(std::span<const std::int32_t> reference, std::span<const std::int32_t> hypothesis)
{
    return bagF1(reference, hypothesis);
}

double wordF1(std::string_view reference, std::string_view hypothesis)
{
    const auto ours = normalisedWords(reference);
    const auto theirs = normalisedWords(hypothesis);
    return bagF1(std::span(ours), std::span(theirs));
}

bool answersMatch(std::string_view reference, std::string_view hypothesis)
{
    return normalisedWords(reference) == normalisedWords(hypothesis);
}

} // namespace icae

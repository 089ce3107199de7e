#include "study/windows.h"

#include "protocol/error.h"
#include "protocol/fields.h"

#include <algorithm>
#include <array>
#include <random>
#include <span>

namespace icae {

namespace {

constexpr std::int64_t windowsPerText = 4;
constexpr std::size_t bytesPerToken = 12; // more than any tokenizer makes of generated text

/// Below `bound`, the same with every standard library.
std::size_t below(std::mt19937_64& random, std::size_t bound)
{
    return static_cast<std::size_t>(static_cast<double>(random() >> 11U) * 0x1p-53 * static_cast<double>(bound));
}

std::mt19937_64 seeded(std::int64_t seed, std::int64_t index)
{
    return std::mt19937_64(static_cast<std::uint64_t>(seed) * 0x9E3779B97F4A7C15U + static_cast<std::uint64_t>(index));
}

TokenIds normalPieces(const Model& model)
{
    const auto& tokenizer = *model.tokenizer();
    TokenIds pieces;
    for (TokenId id = 0; id < tokenizer.size(); ++id)
        if (const auto piece = tokenizer.piece(id); !piece.empty() && !tokenizer.isControl(id)
            && id != tokenizer.unknownId() && !(piece.size() == 6 && piece.starts_with("<0x"))) // bytes
            pieces.push_back(id);
    return pieces;
}

/// The next normal piece; the last one is followed by the first.
TokenId successor(const TokenIds& pieces, TokenId id)
{
    const auto next = std::upper_bound(pieces.begin(), pieces.end(), id);
    return next == pieces.end() ? pieces.front() : *next;
}

TokenIds firstTokens(const Model& model, const std::string& text, std::size_t count)
{
    TokenIds ids;
    for (const auto& token : model.encodeContext(text))
        if (ids.size() < count)
            ids.push_back(token.id);
    return ids;
}

std::string shuffled(const std::string& text, std::mt19937_64& random)
{
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const auto begin = text.find_first_not_of(" \n\t\r", at);
        if (begin == std::string::npos)
            break;
        at = std::min(text.find_first_of(" \n\t\r", begin), text.size());
        words.push_back(text.substr(begin, at - begin));
    }
    for (std::size_t i = words.size(); i > 1; --i)
        std::swap(words[i - 1], words[below(random, i)]);
    std::string all;
    for (const auto& word : words)
        all += (all.empty() ? "" : " ") + word;
    return all;
}

std::string codeLine(std::mt19937_64& random)
{
    static constexpr std::array names{"count",  "total",  "item", "value", "index",
                                      "result", "buffer", "node", "key",   "left"};
    static constexpr std::array calls{"push", "find", "merge", "read", "split", "update", "close", "parse"};
    const auto name = [&] { return std::string(names.at(below(random, names.size()))); };
    const auto call = [&] { return std::string(calls.at(below(random, calls.size()))); };
    const auto number = [&] { return std::to_string(below(random, 1000)); };
    switch (below(random, 6)) {
    case 0:
        return "int " + call() + "_" + name() + "(int " + name() + ") {\n";
    case 1:
        return "    for (int i = 0; i < " + name() + "; ++i) " + name() + "[i] += " + number() + ";\n";
    case 2:
        return "    if (" + name() + " != " + number() + ") return " + call() + "(" + name() + ", " + number() + ");\n";
    case 3:
        return "    auto " + name() + " = " + call() + "(\"" + name() + "\", " + number() + ");\n";
    case 4:
        return "    " + name() + "->" + name() + " = " + name() + " + " + number() + "; // " + call() + "\n";
    default:
        return "    return " + name() + ";\n}\n\n";
    }
}

std::string tableLine(std::mt19937_64& random)
{
    static constexpr std::array towns{"Aarau", "Bergen", "Cork",  "Delft", "Evora",
                                      "Ghent", "Lviv",   "Porto", "Riga",  "Turku"};
    std::string line = "| " + std::string(towns.at(below(random, towns.size())));
    for (int column = 0; column < 4; ++column)
        line += " | " + std::to_string(below(random, 10000)) + "." + std::to_string(below(random, 10));
    return line + " |\n";
}

std::string numberLine(std::mt19937_64& random)
{
    std::string line;
    for (int i = 0; i < 8; ++i)
        line += std::to_string(below(random, 1'000'000)) + (i < 7 ? " " : "\n");
    return line;
}

} // namespace

std::string generatedText(StudyContent content, std::int64_t seed, std::size_t bytes)
{
    auto random = seeded(seed, 0);
    std::string text;
    while (text.size() < bytes)
        text += content == StudyContent::Code ? codeLine(random)
            : content == StudyContent::Table  ? tableLine(random)
                                              : numberLine(random);
    return text;
}

std::vector<StudyWindow> cutWindows(const Model& model, const std::vector<StudyText>& texts, std::int64_t tokens,
                                    std::int64_t most)
{
    std::vector<StudyWindow> windows;
    for (const auto& text : texts) {
        if (std::ssize(windows) >= most)
            break;
        const auto encoded = model.encodeContext(text.content);
        for (std::int64_t i = 0;
             i < windowsPerText && (i + 1) * tokens <= std::ssize(encoded) && std::ssize(windows) < most; ++i) {
            const auto some =
                std::span(encoded).subspan(static_cast<std::size_t>(i * tokens), static_cast<std::size_t>(tokens));
            StudyWindow window{
                text.id, static_cast<std::int64_t>(some.front().begin), static_cast<std::int64_t>(some.back().end), {}};
            for (const auto& token : some)
                window.ids.push_back(token.id);
            windows.push_back(std::move(window));
        }
    }
    return windows;
}

std::vector<StudyWindow> sameBytes(const Model& model, const std::vector<StudyText>& texts,
                                   std::vector<StudyWindow> windows)
{
    for (auto& window : windows) {
        const auto text = std::find_if(texts.begin(), texts.end(),
                                       [&](const auto& candidate) { return candidate.id == window.text; });
        const auto bytes = text->content.substr(static_cast<std::size_t>(window.begin),
                                                static_cast<std::size_t>(window.end - window.begin));
        window.ids = firstTokens(model, bytes, bytes.size() + 1);
    }
    return windows;
}

std::vector<StudyWindow> withContent(const Model& model, std::vector<StudyWindow> windows, StudyContent content,
                                     std::int64_t seed)
{
    if (content == StudyContent::Normal || windows.empty())
        return windows;
    if (content == StudyContent::Language) {
        const auto size = static_cast<std::int64_t>(windows.front().ids.size());
        return cutWindows(model, readStudyTexts({"samples/polish"}), size, std::ssize(windows));
    }
    const auto pieces = normalPieces(model);
    for (std::size_t i = 0; i < windows.size(); ++i) {
        auto& window = windows[i];
        auto random = seeded(seed, static_cast<std::int64_t>(i));
        const auto count = window.ids.size();
        if (content == StudyContent::Patterned) {
            for (auto& id : window.ids)
                id = successor(pieces, id);
            continue;
        }
        if (content == StudyContent::Random) {
            for (auto& id : window.ids)
                id = pieces[below(random, pieces.size())];
        } else if (content == StudyContent::Shuffled) {
            // Words take as many tokens in another order, about: what is missing is filled up from the front.
            const auto words = shuffled(model.tokenizer()->decode(window.ids), random);
            window.ids = firstTokens(model, words + " " + words, count);
        } else {
            window.ids = firstTokens(
                model, generatedText(content, seed + static_cast<std::int64_t>(i), count * bytesPerToken), count);
        }
        window = {icae::nameOf(content) + std::string("#") + std::to_string(i + 1), 0, 0, std::move(window.ids)};
    }
    return windows;
}

} // namespace icae

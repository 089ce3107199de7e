#include "report/kept_text.h"

#include <algorithm>

namespace icae {

namespace {

constexpr std::string_view spaceSign = "\xE2\x96\x81"; // ▁, a space in a piece

bool isBytePiece(std::string_view piece)
{
    return piece.size() == 6 && piece.starts_with("<0x") && piece.ends_with(">");
}

/// Byte-level tokenizers keep every byte, and write their pieces in letters of their own (Ġ for a space).
bool isByteLevel(const std::vector<ScoredToken>& tokens)
{
    return std::any_of(tokens.begin(), tokens.end(), [](const ScoredToken& token) {
        return token.piece.starts_with("\xC4\xA0") || token.piece.starts_with("\xC4\x8A");
    });
}

std::string readable(std::string_view piece)
{
    std::string result;
    for (std::size_t at = 0; at < piece.size();) {
        const bool space = piece.substr(at).starts_with(spaceSign);
        result += space ? ' ' : piece[at];
        at += space ? spaceSign.size() : 1;
    }
    return result;
}

} // namespace

std::size_t KeptText::toKept(std::size_t sourceByte) const
{
    const auto after = std::upper_bound(marks.begin(), marks.end(), sourceByte,
                                        [](std::size_t at, const auto& mark) { return at < mark.first; });
    if (after == marks.begin())
        return std::min(sourceByte, text.size());
    const auto& [source, kept] = *std::prev(after);
    return std::min(kept + sourceByte - source, after == marks.end() ? text.size() : after->second);
}

std::string KeptText::remark() const
{
    return firstChange ? "The tokenizer cannot keep this text as it is: it changes white space or signs, first at byte "
            + std::to_string(*firstChange) + ". That is not counted as the model's."
                       : std::string();
}

KeptText keptByTokenizer(std::string_view source, const std::vector<ScoredToken>& tokens)
{
    KeptText kept;
    std::size_t at = 0;
    const bool byteLevel = isByteLevel(tokens);
    for (const auto& token : tokens) {
        const auto begin = static_cast<std::size_t>(token.begin);
        const auto end = static_cast<std::size_t>(token.end);
        if (token.begin < 0 || begin < at || end <= begin || end > source.size())
            continue;
        kept.text += source.substr(at, begin - at);
        kept.marks.emplace_back(begin, kept.text.size());
        const auto ours = source.substr(begin, end - begin);
        auto read = readable(token.piece);
        if (read.size() == ours.size() + 1 && read.front() == ' ' && read.substr(1) == ours)
            read.erase(0, 1); // before the first word the tokenizer adds a space, and takes it away again
        const bool changed = !byteLevel && !isBytePiece(token.piece) && read != ours;
        if (changed && !kept.firstChange)
            kept.firstChange = begin
                + static_cast<std::size_t>(std::mismatch(ours.begin(), ours.end(), read.begin(), read.end()).first
                                           - ours.begin());
        kept.text += changed ? std::string_view(read) : ours;
        kept.marks.emplace_back(end, kept.text.size());
        at = end;
    }
    kept.text += source.substr(at);
    return kept;
}

} // namespace icae

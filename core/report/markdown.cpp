#include "measure/diff.h"
#include "measure/visible_space.h"
#include "report/kept_text.h"
#include "report/report.h"

namespace icae {

namespace {

std::string escaped(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        if (std::string_view("\\`*_{}[]<>#|~").find(c) != std::string_view::npos)
            result += '\\';
        result += c;
    }
    return result;
}

/// Marks do not work around white space: it stays outside, or shows as signs where there is nothing else.
std::string marked(std::string_view whole, std::string_view mark)
{
    const auto text = withVisibleSpace(whole);
    constexpr auto space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    if (first == std::string::npos)
        return text;
    const auto last = text.find_last_not_of(space) + 1;
    std::string result = text.substr(0, first);
    result.append(mark).append(escaped(text.substr(first, last - first))).append(mark);
    return result.append(text.substr(last));
}

std::string diffText(std::string_view reference, std::string_view hypothesis)
{
    std::string text;
    for (const auto& row : diffTexts(reference, hypothesis).rows) {
        for (const auto& hunk : row.hunks) {
            const auto ours = reference.substr(hunk.referenceBegin, hunk.referenceEnd - hunk.referenceBegin);
            const auto theirs = hypothesis.substr(hunk.hypothesisBegin, hunk.hypothesisEnd - hunk.hypothesisBegin);
            text += hunk.kind == DiffKind::Equal ? escaped(theirs) : marked(ours, "~~") + marked(theirs, "**");
        }
    }
    return text;
}

} // namespace

std::string markdownPage(const std::string& title, std::string_view reference, const Reconstruction& reconstruction)
{
    std::string text = "# " + escaped(title.empty() ? "Reconstruction" : title) + "\n\n| | |\n|---|---|\n";
    const auto kept = keptByTokenizer(reference, reconstruction.forcedTokens);
    if (kept.firstChange)
        text += "| Tokenizer | " + escaped(kept.remark()) + " |\n";
    for (const auto& [name, value] : reportFacts(reconstruction))
        text += "| " + escaped(name) + " | " + escaped(value) + " |\n";
    text += "\n";
    text += reference.empty() ? escaped(reconstruction.text) : diffText(kept.text, reconstruction.text);
    return text + "\n";
}

} // namespace icae

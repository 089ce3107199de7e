#include "measure/diff.h"
#include "measure/visible_space.h"
#include "report/kept_text.h"
#include "report/report.h"

namespace icae {

namespace {

// Colour-blind-safe, and never colour alone: struck through and underlined.
constexpr std::string_view style = R"(
body { font: 16px/1.5 Georgia, serif; color: #1a1a1a; background: #fff; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1, table.facts { font-family: system-ui, sans-serif; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
table.facts { width: auto; table-layout: auto; font-size: 0.85rem; margin-bottom: 1.5rem; }
table.facts th { text-align: left; font-weight: normal; color: #595959; padding-right: 1.5rem; }
table.diff td, table.diff th { vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; white-space: pre-wrap; overflow-wrap: anywhere; text-align: left; }
table.diff th { font-family: system-ui, sans-serif; font-size: 0.85rem; border-bottom: 1px solid #ccc; }
del { color: #9c4400; background: #fdeee3; }
ins { color: #005a8f; background: #e4f1fa; }
p.text { white-space: pre-wrap; overflow-wrap: anywhere; }
)";

std::string escaped(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        if (c == '&')
            result += "&amp;";
        else if (c == '<')
            result += "&lt;";
        else if (c == '>')
            result += "&gt;";
        else if (c == '"')
            result += "&quot;";
        else
            result += c;
    }
    return result;
}

/// One side of a row: what is equal plain, what differs in a tag.
std::string side(const DiffRow& row, std::string_view text, std::size_t DiffHunk::*begin, std::size_t DiffHunk::*end,
                 const std::string& tag)
{
    std::string html;
    for (const auto& hunk : row.hunks) {
        const auto part = text.substr(hunk.*begin, hunk.*end - hunk.*begin);
        if (hunk.kind == DiffKind::Equal)
            html += escaped(part);
        else if (!part.empty())
            html += "<" + tag + ">" + escaped(withVisibleSpace(part)) + "</" + tag + ">";
    }
    return html;
}

std::string diffTable(std::string_view reference, std::string_view hypothesis)
{
    const auto diff = diffTexts(reference, hypothesis);
    std::string html = "<table class=\"diff\">\n<tr><th>Source</th><th>Reconstruction, "
        + std::to_string(diff.differences) + (diff.differences == 1 ? " difference" : " differences") + "</th></tr>\n";
    for (const auto& row : diff.rows)
        html += "<tr><td>" + side(row, reference, &DiffHunk::referenceBegin, &DiffHunk::referenceEnd, "del")
            + "</td><td>" + side(row, hypothesis, &DiffHunk::hypothesisBegin, &DiffHunk::hypothesisEnd, "ins")
            + "</td></tr>\n";
    return html + "</table>\n";
}

} // namespace

std::string htmlPage(const std::string& title, std::string_view reference, const Reconstruction& reconstruction)
{
    const auto heading = escaped(title.empty() ? "Reconstruction" : title);
    std::string html = "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>" + heading + "</title>\n<style>"
        + std::string(style) + "</style></head><body>\n<h1>" + heading + "</h1>\n<table class=\"facts\">\n";
    const auto kept = keptByTokenizer(reference, reconstruction.forcedTokens);
    if (kept.firstChange)
        html += "<tr><th>Tokenizer</th><td>" + escaped(kept.remark()) + "</td></tr>\n";
    for (const auto& [name, value] : reportFacts(reconstruction))
        html += "<tr><th>" + escaped(name) + "</th><td>" + escaped(value) + "</td></tr>\n";
    html += "</table>\n";
    html += reference.empty() ? "<p class=\"text\">" + escaped(reconstruction.text) + "</p>\n"
                              : diffTable(kept.text, reconstruction.text);
    return html + "</body></html>\n";
}

} // namespace icae

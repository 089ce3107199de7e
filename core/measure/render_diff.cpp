#include "measure/diff.h"
#include "measure/visible_space.h"

namespace icae {

namespace {

// Colour-blind-safe, and never colour alone: struck through and underlined.
constexpr std::string_view deletedOn = "\x1b[38;5;208;9m";
constexpr std::string_view insertedOn = "\x1b[38;5;75;4m";
constexpr std::string_view off = "\x1b[0m";
constexpr std::string_view nothingDiffers = "\n\x1b[38;5;72mNo difference.\x1b[0m"; // else one looks for it

} // namespace

std::string renderDiff(const TextDiff& diff, std::string_view reference, std::string_view hypothesis, bool colours,
                       const std::function<std::string(std::string_view)>& shown)
{
    std::string out;
    const auto asShown = [&](std::string_view text) { return shown ? shown(text) : std::string(text); };
    const auto mark = [&](std::string_view text, std::string_view on, std::string_view end) {
        if (!text.empty())
            out.append(on).append(asShown(withVisibleSpace(text))).append(end);
    };
    bool same = true;
    for (const auto& row : diff.rows) {
        for (const auto& hunk : row.hunks) {
            const auto ours = reference.substr(hunk.referenceBegin, hunk.referenceEnd - hunk.referenceBegin);
            const auto theirs = hypothesis.substr(hunk.hypothesisBegin, hunk.hypothesisEnd - hunk.hypothesisBegin);
            if (hunk.kind == DiffKind::Equal) {
                out += asShown(theirs);
                continue;
            }
            same = false;
            mark(ours, colours ? deletedOn : "[-", colours ? off : "-]");
            mark(theirs, colours ? insertedOn : "{+", colours ? off : "+}");
        }
    }
    if (same && colours)
        out += nothingDiffers;
    return out;
}

} // namespace icae

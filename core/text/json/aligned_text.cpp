#include "text/json/aligned_text.h"

#include <algorithm>

namespace icae {

namespace {

bool startsCharacter(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

} // namespace

void AlignedText::apply(const std::vector<Edit>& edits)
{
    if (edits.empty())
        return;
    std::string text;
    std::vector<Change> changes;
    // Walks over earlier changes and new edits by their places in the text between. Those that overlap become one.
    std::size_t source = 0;
    std::size_t middle = 0;
    auto earlier = m_changes.begin();
    auto edit = edits.begin();
    const auto keep = [&](std::size_t until) {
        text.append(m_text, middle, until - middle);
        middle = until;
    };
    while (earlier != m_changes.end() || edit != edits.end()) {
        const bool first = edit == edits.end() || (earlier != m_changes.end() && earlier->text <= edit->from);
        const auto begin = first ? earlier->text : edit->from;
        source += begin - middle;
        keep(begin);
        Change change{source, 0, text.size(), 0};
        auto end = begin;
        bool any = false;
        while (true) {
            if (earlier != m_changes.end() && (earlier->text < end || (!any && first))) {
                any = true;
                source += (earlier->sourceEnd - earlier->source);
                end = std::max(end, earlier->textEnd);
                source -= earlier->textEnd - earlier->text; // counted with the stretch below
                ++earlier;
            } else if (edit != edits.end() && (edit->from < end || (!any && !first))) {
                any = true;
                keep(edit->from);
                text.append(edit->replacement);
                middle = edit->fromEnd;
                end = std::max(end, edit->fromEnd);
                ++edit;
            } else {
                break;
            }
        }
        if (middle < end)
            keep(end);
        source += end - begin;
        change.sourceEnd = source;
        change.textEnd = text.size();
        changes.push_back(change);
    }
    keep(m_text.size());
    m_text = std::move(text);
    m_changes = std::move(changes);
}

std::size_t AlignedText::Cursor::sourceOf(std::size_t at)
{
    const auto& changes = m_text.m_changes;
    while (m_next < changes.size() && changes[m_next].textEnd <= at && changes[m_next].text < at) {
        m_shiftFrom = changes[m_next].textEnd;
        m_shiftTo = changes[m_next].sourceEnd;
        ++m_next;
    }
    const auto& text = m_text.m_text;
    if (m_next < changes.size() && changes[m_next].text < at)
        return changes[m_next].source;
    while (at > m_shiftFrom && at < text.size() && !startsCharacter(text[at]))
        --at;
    return m_shiftTo + (at - m_shiftFrom);
}

} // namespace icae

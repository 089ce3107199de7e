#include "pages/chat/memory_preview.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QTextBlock>
#include <QToolTip>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr double weakest = 0.15; ///< share of the strongest rise from which words are lit
constexpr qsizetype longestBlock = 2000; ///< characters: one paragraph of a whole text takes a second to lay out

/// The same characters, with a line's end in place of a space where none comes for long.
QString inBlocks(QString text)
{
    qsizetype begin = 0;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] == u'\n')
            begin = i + 1;
        else if (i - begin >= longestBlock && text[i] == u' ')
            text[i] = u'\n', begin = i + 1;
    }
    return text;
}

} // namespace

MemoryPreview::MemoryPreview(const Theme& theme, EngineClient& client, QWidget* parent)
    : QPlainTextEdit(parent)
    , m_theme(theme)
    , m_client(client)
{
    document()->setDocumentMargin(Theme::grid());
    setReadOnly(true);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(tr("Text of the memory"));
    viewport()->setMouseTracking(true);
    const auto restyle = [this] {
        setFont(m_theme.font(TypeRole::Reading));
        light(false);
    };
    connect(&theme, &Theme::changed, this, restyle);
    restyle();
}

const QString* MemoryPreview::knownText(const QString& id) const
{
    const auto known = m_texts.find(id);
    return known == m_texts.end() ? nullptr : &known->second.text;
}

void MemoryPreview::showMemory(const QString& id, std::int64_t span, std::int64_t begin)
{
    m_wanted = id;
    m_span = span;
    m_spanBegin = begin;
    setVisible(!id.isEmpty());
    if (id.isEmpty())
        return;
    if (const auto known = m_texts.find(id); known != m_texts.end()) {
        if (m_shown != id) {
            m_shown = id;
            setPlainText(inBlocks(known->second.text));
        }
        light(true);
        return;
    }
    m_client.call(
        protocol::libraryText, {id.toStdString()}, this,
        {.done =
             [this, id](const LibraryText& text) {
                 m_texts.insert_or_assign(id, Source{QString::fromStdString(text.text), Utf16Offsets(text.text)});
                 if (m_wanted == id)
                     showMemory(id, m_span, m_spanBegin);
             },
         .failed =
             [this, id](const Error& why) {
                 if (m_wanted != id)
                     return;
                 m_shown.clear();
                 setExtraSelections({});
                 setPlainText(QString::fromUtf8(why.what()));
             }});
}

void MemoryPreview::setLit(const std::optional<ChatAttribution>& attribution)
{
    m_lit = attribution;
    m_pointed.reset();
    light(true);
}

void MemoryPreview::point(const std::optional<SlotPlace>& slotPlace)
{
    if (m_pointed == slotPlace)
        return;
    m_pointed = slotPlace;
    light(false);
    const auto* group = m_pointed ? groupOf(*m_pointed) : nullptr;
    if (group == nullptr || group->memory != m_shown.toStdString())
        return;
    auto cursor = textCursor();
    cursor.setPosition(placeOf(group->begin));
    setTextCursor(cursor);
    centerCursor();
}

int MemoryPreview::placeOf(std::int64_t byte) const
{
    const auto known = m_texts.find(m_shown);
    return known == m_texts.end()
        ? 0
        : static_cast<int>(known->second.offsets.toUtf16(static_cast<std::size_t>(std::max<std::int64_t>(byte, 0))));
}

/// Those of the current span are shown, where the view may scroll.
void MemoryPreview::light(bool scroll)
{
    QList<QTextEdit::ExtraSelection> marks;
    int first = -1;
    double strongest = 0;
    if (m_lit && m_texts.contains(m_shown))
        for (const auto& group : m_lit->groups)
            strongest = std::max(strongest, group.rise);
    double most = 0;
    const auto mark = [&](const SlotGroup& group, const QColor& color, QTextCharFormat::UnderlineStyle line) {
        QTextEdit::ExtraSelection made;
        made.cursor = QTextCursor(document());
        made.cursor.setPosition(placeOf(group.begin));
        made.cursor.setPosition(placeOf(group.end), QTextCursor::KeepAnchor);
        made.format.setBackground(color);
        made.format.setForeground(m_theme.textOn(color));
        made.format.setUnderlineStyle(line); // never colour alone
        marks.append(made);
    };
    for (const auto& group : strongest > 0 ? m_lit->groups : std::vector<SlotGroup>()) {
        const auto share = group.rise / strongest;
        if (group.memory != m_shown.toStdString() || share < weakest || group.end <= group.begin)
            continue;
        mark(group, m_theme.sequential(share), QTextCharFormat::SingleUnderline);
        if (share > most && (m_span < 0 || group.span == m_span)) {
            most = share;
            first = placeOf(group.begin);
        }
    }
    if (const auto* group = m_pointed ? groupOf(*m_pointed) : nullptr;
        group != nullptr && group->memory == m_shown.toStdString())
        mark(*group, m_theme.color(Shade::Match), QTextCharFormat::DashUnderline);
    setExtraSelections(marks);
    if (!scroll)
        return;
    if (first < 0 && m_span >= 0 && m_texts.contains(m_shown))
        first = placeOf(m_spanBegin);
    if (first >= 0) {
        QTextCursor cursor(document());
        cursor.setPosition(first);
        setTextCursor(cursor);
        centerCursor();
    }
}

const SlotGroup* MemoryPreview::groupOf(const SlotPlace& place) const
{
    if (!m_lit)
        return nullptr;
    const auto found = std::find_if(m_lit->groups.begin(), m_lit->groups.end(), [&](const SlotGroup& one) {
        return one.memory == place.memory && one.span == place.span && one.firstSlot <= place.slot
            && place.slot < one.firstSlot + one.slots;
    });
    return found == m_lit->groups.end() ? nullptr : &*found;
}

/// Of several that hold the words, the one that the answer needs most.
const SlotGroup* MemoryPreview::groupAt(QPoint position) const
{
    const auto known = m_texts.find(m_shown);
    if (!m_lit || known == m_texts.end())
        return nullptr;
    const auto at = static_cast<std::int64_t>(known->second.offsets.toByte(cursorForPosition(position).position()));
    const SlotGroup* best = nullptr;
    for (const auto& group : m_lit->groups)
        if (group.memory == m_shown.toStdString() && group.begin <= at && at < group.end
            && (best == nullptr || group.rise > best->rise))
            best = &group;
    return best;
}

bool MemoryPreview::isMeasuredAt(QPoint position) const
{
    const auto* group = groupAt(position);
    return group != nullptr && group->measured;
}

bool MemoryPreview::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::MouseMove) {
        const auto* group = groupAt(static_cast<QMouseEvent*>(event)->pos());
        Q_EMIT pointed(group == nullptr ? std::nullopt
                                        : std::optional(SlotPlace{group->memory, group->span, group->firstSlot}));
    } else if (event->type() == QEvent::Leave) {
        Q_EMIT pointed(std::nullopt);
    } else if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const auto* group = groupAt(help->pos());
        if (group == nullptr)
            QToolTip::hideText();
        else
            QToolTip::showText(
                help->globalPos(),
                tr("Slots %1–%2 of span %3: without them the answer's loss rises by %L4 nats a token\n%5")
                    .arg(group->firstSlot + 1)
                    .arg(group->firstSlot + group->slots)
                    .arg(group->span + 1)
                    .arg(group->rise, 0, 'f', 2)
                    .arg(group->measured ? tr("Measured: the words that suffer most where the slots are left out")
                                         : tr("By their share of the span; not measured yet")),
                this);
        return true;
    }
    return QPlainTextEdit::viewportEvent(event);
}

} // namespace icae

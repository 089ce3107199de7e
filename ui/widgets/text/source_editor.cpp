#include "widgets/text/source_editor.h"

#include "models/text_file.h"
#include "models/utf16_offsets.h"
#include "widgets/text/span_gutter.h"

#include <QElapsedTimer>
#include <QMimeData>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>

#include <algorithm>
#include <functional>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

/// Marks a block that goes on where the one before ended, without a line break in the source.
constexpr int softBreak = QTextFormat::UserProperty + 1;
constexpr qsizetype chunkSize = 6000;
constexpr int sliceMilliseconds = 8;
constexpr int documentMargin = 4;
constexpr int rightMargin = 12;

QTextBlockFormat blockFormat(bool soft)
{
    QTextBlockFormat format;
    if (soft)
        format.setProperty(softBreak, true);
    return format;
}

bool isSoft(const QTextBlock& block)
{
    return block.blockFormat().boolProperty(softBreak);
}

/// A widget that leaves painting to a function.
class PaintedBy : public QWidget {
public:
    PaintedBy(std::function<void(QPaintEvent*)> paint, QWidget* parent)
        : QWidget(parent)
        , m_paint(std::move(paint))
    {
    }

protected:
    void paintEvent(QPaintEvent* event) override { m_paint(event); }

private:
    std::function<void(QPaintEvent*)> m_paint;
};

} // namespace

SourceEditor::SourceEditor(const Theme& theme, QWidget* parent)
    : Zoomable(parent)
    , m_theme(theme)
    , m_gutter(new PaintedBy([this](QPaintEvent* event) { paintGutter(event); }, this))
{
    setAccessibleName(tr("Source text"));
    setFrameShape(QFrame::NoFrame);
    setTabChangesFocus(true);
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    document()->setDocumentMargin(documentMargin);
    m_insertTimer.setInterval(0);
    connect(&m_insertTimer, &QTimer::timeout, this, &SourceEditor::insertSlice);
    connect(document(), &QTextDocument::contentsChanged, this, [this] {
        if (!isInserting())
            Q_EMIT sourceChanged();
    });
    connect(this, &QPlainTextEdit::updateRequest, this, [this](const QRect& rect, int dy) {
        if (dy != 0)
            m_gutter->update();
        else
            m_gutter->update(0, rect.y(), m_gutter->width(), rect.height());
    });
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &SourceEditor::updateMarks);
    connect(&m_theme, &Theme::changed, this, &SourceEditor::applyFont);
    applyFont();
}

void SourceEditor::applyFont()
{
    setFont(m_theme.font(m_columnar ? TypeRole::Fixed : TypeRole::Reading));
    setViewportMargins(SpanGutter::width(m_theme) - documentMargin, 0, rightMargin, 0);
    updateMarks();
    m_gutter->update();
}

QString SourceEditor::textBetween(int begin, int end) const
{
    QString text;
    text.reserve(end - begin);
    const auto first = document()->findBlock(begin);
    for (auto block = first; block.isValid() && block.position() <= end; block = block.next()) {
        if (block != first && !isSoft(block))
            text += u'\n';
        const auto from = std::max(0, begin - block.position());
        text += QStringView(block.text()).mid(from, std::max(0, end - block.position() - from));
    }
    return text;
}

QString SourceEditor::source() const
{
    return textBetween(0, document()->characterCount() - 1);
}

void SourceEditor::setSource(const QString& text)
{
    QTextCursor all(document());
    all.select(QTextCursor::Document);
    insertLong(all, text);
    moveCursor(QTextCursor::Start);
}

void SourceEditor::insertLong(const QTextCursor& at, const QString& text)
{
    auto clean = text;
    clean.replace("\r\n"_L1, "\n"_L1).replace(u'\r', u'\n').replace(QChar::ParagraphSeparator, u'\n');
    clean.replace(QChar::LineSeparator, u'\n').remove(u'\0');
    const bool whole =
        !isInserting() && at.selectionStart() == 0 && at.selectionEnd() == document()->characterCount() - 1;
    if (whole && m_columnar != isColumnar(clean)) {
        m_columnar = !m_columnar;
        applyFont();
    }
    if (isInserting()) // a second text while the first is not in yet
        clean.prepend(m_rest);
    else
        m_insertAt = at;
    m_firstSlice = true;
    m_firstRow = true;
    if (clean.isEmpty()) {
        m_insertAt.removeSelectedText();
        return;
    }
    m_rest = clean;
    setReadOnly(true);
    insertSlice();
    if (isInserting())
        m_insertTimer.start();
}

void SourceEditor::insertSlice()
{
    QElapsedTimer clock;
    clock.start();
    if (m_firstSlice)
        m_insertAt.beginEditBlock();
    else
        m_insertAt.joinPreviousEditBlock();
    if (m_firstSlice)
        m_insertAt.removeSelectedText();
    m_firstSlice = false;
    QString chunk;
    do {
        // A chunk ends where a line does or, within a long line, anywhere: its last sentence waits for the next chunk.
        chunk = m_rest.left(chunkSize);
        if (chunk.size() == chunkSize && chunk.back().isHighSurrogate())
            chunk.chop(1);
        const bool last = chunk.size() == m_rest.size();
        const auto before = m_rest.size();
        insertRows(chunk, last);
        if (m_rest.size() == before)
            break;
    } while (!m_rest.isEmpty() && clock.elapsed() < sliceMilliseconds);
    m_insertAt.endEditBlock();
    if (m_rest.isEmpty()) {
        m_insertTimer.stop();
        setReadOnly(false);
        Q_EMIT sourceChanged();
    }
}

void SourceEditor::insertRows(const QString& text, bool last)
{
    const auto bytes = text.toUtf8().toStdString();
    const Utf16Offsets offsets(bytes);
    auto ends = displayRowEnds(bytes);
    if (!last && ends.size() > 1)
        ends.pop_back();
    qsizetype begin = 0;
    for (const auto end : ends) {
        const auto position = offsets.toUtf16(end);
        const auto row = text.mid(begin, position - begin);
        if (!m_firstRow)
            m_insertAt.insertBlock(blockFormat(true));
        m_firstRow = false;
        const auto lines = row.split(u'\n');
        for (qsizetype i = 0; i < lines.size(); ++i) {
            const bool restOfRow = i > 0 && i + 1 == lines.size(); // a line break ends every row that has one
            if (i > 0)
                m_insertAt.insertBlock(blockFormat(false));
            if (!lines[i].isEmpty())
                m_insertAt.insertText(lines[i]);
            if (restOfRow)
                m_firstRow = true; // the next sentence starts in this line
        }
        begin = position;
    }
    m_rest.remove(0, begin);
}

void SourceEditor::keyPressEvent(QKeyEvent* event)
{
    if (!isReadOnly() && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        && !(event->modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier))) {
        textCursor().insertBlock(blockFormat(false)); // Qt would copy the soft break of the block it splits
        ensureCursorVisible();
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

bool SourceEditor::canInsertFromMimeData(const QMimeData* mime) const
{
    return mime->hasText() || mime->hasUrls();
}

void SourceEditor::insertFromMimeData(const QMimeData* mime)
{
    const auto files = localFiles(*mime);
    if (!files.isEmpty())
        Q_EMIT filesDropped(files);
    else if (mime->hasText())
        insertLong(textCursor(), mime->text());
}

QMimeData* SourceEditor::createMimeDataFromSelection() const
{
    auto* mime = new QMimeData;
    mime->setText(textBetween(textCursor().selectionStart(), textCursor().selectionEnd()));
    return mime;
}

void SourceEditor::updateBlockStarts() const
{
    if (m_startsRevision == document()->revision())
        return;
    m_startsRevision = document()->revision();
    m_blockStarts.clear();
    qsizetype at = 0;
    for (auto block = document()->begin(); block.isValid(); block = block.next()) {
        if (block.blockNumber() > 0 && !isSoft(block))
            ++at;
        m_blockStarts.push_back(at);
        at += block.length() - 1;
    }
}

qsizetype SourceEditor::toSource(int documentPosition) const
{
    updateBlockStarts();
    const auto block = document()->findBlock(documentPosition);
    return m_blockStarts[static_cast<std::size_t>(block.blockNumber())] + documentPosition - block.position();
}

int SourceEditor::toDocument(qsizetype sourcePosition) const
{
    updateBlockStarts();
    const auto after = std::upper_bound(m_blockStarts.begin(), m_blockStarts.end(), sourcePosition);
    const auto number = std::max<std::ptrdiff_t>(0, after - m_blockStarts.begin() - 1);
    const auto block = document()->findBlockByNumber(static_cast<int>(number));
    const auto within = sourcePosition - m_blockStarts[static_cast<std::size_t>(number)];
    return block.position() + static_cast<int>(std::clamp<qsizetype>(within, 0, block.length() - 1));
}

TextRange SourceEditor::blockRange(const QTextBlock& block) const
{
    updateBlockStarts();
    const auto begin = m_blockStarts[static_cast<std::size_t>(block.blockNumber())];
    return {begin, begin + block.length() - 1};
}

void SourceEditor::setSpans(std::vector<SpanBand> spans)
{
    m_spans = std::move(spans);
    viewport()->update();
    m_gutter->update();
}

void SourceEditor::setLinked(TextRange source)
{
    if (source == m_linked)
        return;
    m_linked = source;
    m_gutter->update();
    updateMarks();
}

void SourceEditor::setSourcePosition(qsizetype position)
{
    auto cursor = textCursor();
    cursor.setPosition(toDocument(position));
    setTextCursor(cursor);
    ensureCursorVisible();
}

qsizetype SourceEditor::sourcePosition() const
{
    return toSource(textCursor().position());
}

qsizetype SourceEditor::topSourcePosition() const
{
    return toSource(firstVisibleBlock().position());
}

void SourceEditor::setTopSourcePosition(qsizetype position)
{
    const auto block = document()->findBlock(toDocument(position));
    verticalScrollBar()->setValue(block.firstLineNumber());
}

} // namespace icae

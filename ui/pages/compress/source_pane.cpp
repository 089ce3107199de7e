#include "pages/compress/source_pane.h"

#include "widgets/common/elided_label.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/pane_header.h"

#include <QAction>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

SourcePane::SourcePane(const Theme& theme, RowGeometry& geometry, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_editor(new SourceEditor(theme))
    , m_column(new ProseColumn(theme, ProseSide::Source, geometry, 0))
    , m_empty(new EmptyState(theme, u"samples"_s, tr("No source text"),
                             tr("Type or paste a text, drop a file here, or take a sample. It is cut into spans as you "
                                "type.")))
    , m_stack(new QStackedWidget)
    , m_title(new QLabel(tr("Source")))
    , m_summary(new ElidedLabel)
    , m_edit(new QAction(theme.icon(u"edit"_s), tr("Edit source"), this))
{
    m_column->setAccessibleName(tr("Source, aligned with the reconstruction"));
    m_summary->setProperty("secondary", true);
    m_summary->setObjectName(u"sourceSummary"_s);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_edit->setCheckable(true);
    m_edit->setChecked(true);
    m_edit->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_E));
    m_edit->setToolTip(tr("Edit the source, or show it aligned with the reconstruction (Ctrl+E)"));
    addAction(m_edit);

    auto* header = new PaneHeader;
    auto* editButton = new QToolButton;
    editButton->setDefaultAction(m_edit);
    editButton->setIconSize({18, 18});
    header->row().addWidget(m_title);
    header->row().addSpacing(Theme::grid());
    header->row().addWidget(m_summary, 1);
    header->row().addWidget(editButton);

    // The invitation lies over the empty editor, which has the focus: typing just begins.
    auto* sample = new QPushButton(tr("Take a sample"));
    auto* open = new QPushButton(tr("Open a file…"));
    m_empty->addAction(sample);
    m_empty->addAction(open);
    connect(sample, &QPushButton::clicked, this, &SourcePane::sampleRequested);
    connect(open, &QPushButton::clicked, this, &SourcePane::openRequested);
    auto* over = new QVBoxLayout(m_editor->viewport());
    over->setContentsMargins(0, 0, 0, 0);
    over->addWidget(m_empty);
    m_empty->setAutoFillBackground(false);
    m_empty->setCursor(Qt::ArrowCursor);
    const auto showEmpty = [this] { m_empty->setVisible(m_editor->document()->isEmpty()); };
    connect(m_editor->document(), &QTextDocument::contentsChanged, this, showEmpty);

    m_stack->addWidget(m_editor);
    m_stack->addWidget(m_column);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(header);
    layout->addWidget(m_stack, 1);

    connect(m_edit, &QAction::toggled, this, &SourcePane::setEditing);
    connect(m_column, &ProseColumn::editRequested, this, [this](qsizetype position) {
        setEditing(true);
        m_editor->setSourcePosition(position);
        m_editor->setFocus(Qt::OtherFocusReason);
    });
    // The aligned text cannot be changed, but the next text may be pasted over it; the editor can undo that.
    auto* pasteOver = new QAction(tr("Paste a new text over this one"), m_column);
    pasteOver->setShortcut(QKeySequence::Paste);
    pasteOver->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    m_column->addAction(pasteOver);
    connect(pasteOver, &QAction::triggered, this, [this] {
        setEditing(true);
        m_editor->selectAll();
        m_editor->paste();
    });
    const auto restyle = [this] {
        auto font = m_theme.font(TypeRole::Body);
        font.setWeight(QFont::DemiBold);
        m_title->setFont(font);
    };
    connect(&m_theme, &Theme::changed, this, restyle);
    restyle();
}

bool SourcePane::isEditing() const
{
    return m_stack->currentWidget() == m_editor;
}

void SourcePane::setEditing(bool editing)
{
    if (!editing && !m_column->document())
        editing = true;
    if (editing && !isEditing()) {
        const auto document = m_column->document();
        const auto row = static_cast<std::size_t>(m_column->topRow());
        m_stack->setCurrentWidget(m_editor);
        if (document && row < document->rows.size())
            m_editor->setTopSourcePosition(document->rows[row].source.begin);
    } else if (!editing && isEditing()) {
        const auto position = m_editor->topSourcePosition();
        m_stack->setCurrentWidget(m_column);
        m_column->setTopRow(m_column->document()->rowAtSource(position));
    }
    Q_EMIT editingChanged();
    const QSignalBlocker quiet(m_edit);
    m_edit->setChecked(editing);
    if (editing)
        m_editor->setFocus(Qt::OtherFocusReason);
}

void SourcePane::setDocument(const DiffDocumentPtr& document, int firstChanged)
{
    m_column->setDocument(document, firstChanged);
    m_edit->setEnabled(document != nullptr);
    if (!document)
        setEditing(true);
}

void SourcePane::setSummary(const QString& text)
{
    m_summary->setText(text);
}

FindTarget& SourcePane::findTarget()
{
    if (isEditing())
        return *m_editor;
    return *m_column;
}

QWidget& SourcePane::findView()
{
    return *m_stack->currentWidget();
}

} // namespace icae

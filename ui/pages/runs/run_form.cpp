#include "pages/runs/run_form.h"

#include "pages/engine_files.h"

#include <QAction>
#include <QApplication>
#include <QDragEnterEvent>
#include <QGridLayout>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

/// What one types at the end of what is in sight is at fault below it.
void scrollTo(QWidget& part)
{
    for (auto* parent = part.parentWidget(); parent != nullptr; parent = parent->parentWidget())
        if (auto* scroll = qobject_cast<QScrollArea*>(parent))
            scroll->ensureWidgetVisible(&part, 0, Theme::grid());
}

} // namespace

RunForm::RunForm(const PageContext& context, const Words& words, QWidget* parent)
    : QWidget(parent)
    , m_theme(context.theme)
    , m_client(context.client)
    , m_settings(context.settings)
    , m_catalog(context.catalog)
    , m_words(words)
    , m_whole(new QLabel)
    , m_comesTo(new QLabel)
    , m_command(new QLabel)
    , m_estimate(new QPushButton(words.estimate))
    , m_start(new QPushButton(tr("Start")))
{
    setAcceptDrops(true);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_checkTimer.setSingleShot(true);
    m_checkTimer.setInterval(words.checkAfter);
    connect(&m_checkTimer, &QTimer::timeout, this, [this] { check(); });
}

QGridLayout* RunForm::makeGrid(QWidget* rows)
{
    rows->setBackgroundRole(QPalette::Base);
    auto* grid = new QGridLayout(rows);
    grid->setContentsMargins(Theme::grid(3), Theme::grid(2), Theme::grid(2), Theme::grid());
    grid->setHorizontalSpacing(Theme::grid(2));
    grid->setVerticalSpacing(Theme::grid(0.5));
    return grid;
}

QScrollArea* RunForm::makeScroll(QWidget* rows)
{
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(rows);
    scroll->viewport()->setBackgroundRole(QPalette::Base);
    return scroll;
}

RunForm::Field RunForm::addField(QGridLayout& grid, std::string name, const QString& title, QWidget* editor)
{
    Field field{std::move(name), new QLabel(title), editor, new QLabel};
    field.label->setBuddy(editor);
    if (auto* proxy = editor->focusProxy(); proxy == nullptr)
        editor->setAccessibleName(title);
    else if (proxy->accessibleName().isEmpty())
        proxy->setAccessibleName(title);
    field.problem->setProperty("kind", u"error"_s);
    field.problem->setWordWrap(true);
    field.problem->hide();
    const auto row = grid.rowCount();
    grid.addWidget(field.label, row, 0);
    grid.addWidget(editor, row, 1);
    grid.addWidget(field.problem, row + 1, 1);
    return field;
}

void RunForm::showProblem(const Field& field, const QString& text)
{
    field.problem->setText(text);
    field.problem->setVisible(!text.isEmpty() && !field.editor->isHidden());
    field.editor->setAccessibleDescription(text);
    const auto* at = QApplication::focusWidget();
    if (!text.isEmpty() && (at == field.editor || field.editor->isAncestorOf(at)))
        QMetaObject::invokeMethod( // once it has a place
            field.problem, [problem = field.problem] { scrollTo(*problem); }, Qt::QueuedConnection);
}

void RunForm::showField(const Field& field, bool used)
{
    field.label->setVisible(used);
    field.editor->setVisible(used);
    field.problem->setVisible(used && !field.problem->text().isEmpty());
}

QWidget* RunForm::makeFoot(QWidget* beside, QPushButton* before)
{
    auto* foot = new QWidget;
    auto* column = new QVBoxLayout(foot);
    column->setContentsMargins(Theme::grid(3), Theme::grid(), Theme::grid(3), Theme::grid(2));
    m_whole->setProperty("kind", u"error"_s);
    m_whole->setWordWrap(true);
    m_whole->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_whole->hide();
    m_comesTo->setWordWrap(true);
    m_command->setProperty("secondary", true);
    m_command->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_command->setFont(QFont(u"monospace"_s));
    m_command->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    auto* cancel = new QPushButton(tr("Cancel"));
    m_start->setProperty("primary", true);
    m_start->setToolTip(tr("%1 (Ctrl+Enter); it goes on without this window").arg(m_words.start));
    m_estimate->setToolTip(m_words.estimates);
    column->addWidget(m_whole);
    column->addWidget(m_comesTo);
    column->addWidget(m_command);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::grid());
    buttons->addWidget(m_start);
    buttons->addWidget(cancel);
    if (beside != nullptr)
        buttons->addWidget(beside);
    buttons->addStretch(1);
    buttons->addWidget(before);
    buttons->addWidget(m_estimate);
    column->addLayout(buttons);
    auto* key = new QAction(m_words.start, this);
    key->setShortcuts(mainActionKeys());
    key->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(key);
    connect(key, &QAction::triggered, this, &RunForm::startIfReady);
    connect(m_start, &QPushButton::clicked, this, &RunForm::startIfReady);
    connect(cancel, &QPushButton::clicked, this, &RunForm::cancelled);
    connect(m_estimate, &QPushButton::clicked, this, [this] { estimate(); });
    return foot;
}

void RunForm::startIfReady()
{
    if (m_ready)
        start();
}

void RunForm::changed()
{
    m_ready = false;
    updateButtons();
    m_checkTimer.start();
}

void RunForm::setChecked(const QStringList& whole, bool ready)
{
    showWhole(whole.join(u'\n'));
    m_ready = ready;
    updateButtons();
}

void RunForm::updateButtons()
{
    m_start->setEnabled(m_ready);
    m_estimate->setEnabled(m_ready && !isEstimating());
}

void RunForm::showWhole(const QString& text)
{
    m_whole->setText(text);
    m_whole->setVisible(!text.isEmpty());
}

void RunForm::showError(const Error& why)
{
    showWhole(QString::fromStdString(why.message() + " " + why.remedy()));
}

void RunForm::chooseFiles(const QString& title, const QStringList& filters,
                          const std::function<void(const QStringList&)>& chosen)
{
    chooseEngineFiles(this, m_theme, m_client, m_settings, {title, filters}, chosen);
}

void RunForm::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void RunForm::dropEvent(QDropEvent* event)
{
    QStringList files;
    for (const auto& url : event->mimeData()->urls())
        if (url.isLocalFile())
            files += url.toLocalFile();
    event->acceptProposedAction();
    if (const auto refusal = refusalOfLocalFiles(m_settings, files); !refusal.isEmpty())
        showWhole(refusal);
    else
        takeFiles(files, event->position().toPoint());
}

void RunForm::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        Q_EMIT cancelled();
    else
        QWidget::keyPressEvent(event);
}

} // namespace icae

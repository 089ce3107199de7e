#include "pages/train/job_form.h"

#include "models/byte_text.h"
#include "models/run_list_model.h"
#include "models/text_file.h"
#include "models/utf16_offsets.h"
#include "pages/file_dialog.h"
#include "pages/train/job_editors.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>

namespace icae {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto bundled = "bundled"; // a template that can be started as it is

QString lastOf(const std::string& path)
{
    return QString::fromStdString(path).section(u'/', -1);
}

} // namespace

JobForm::JobForm(const PageContext& context, QWidget* parent)
    : QWidget(parent)
    , m_theme(context.theme)
    , m_client(context.client)
    , m_settings(context.settings)
    , m_catalog(context.catalog)
    , m_template(new QComboBox)
    , m_name(new QLineEdit)
    , m_text(new QPlainTextEdit)
    , m_whole(new QLabel)
    , m_comesTo(new QLabel)
    , m_command(new QLabel)
    , m_queue(new QCheckBox(tr("Wait for the device")))
    , m_estimate(new QPushButton(tr("Estimate")))
    , m_start(new QPushButton(tr("Start")))
{
    setAcceptDrops(true);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_template->addItem(tr("A small adapter on the bundled base: minutes"), QString::fromLatin1(bundled));
    m_template->addItem(tr("Adapter: reconstruct and continue"), u"adapter"_s);
    m_template->addItem(tr("Adapter: answer questions"), u"instruct"_s);
    m_template->addItem(tr("Base and adapter together (mid-training)"), u"midtrain"_s);
    m_template->addItem(tr("Base from scratch"), u"base"_s);
    m_text->setAccessibleName(tr("Job as JSON"));
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setTabChangesFocus(true);
    m_text->setFrameShape(QFrame::NoFrame);
    auto mono = QFont(u"monospace"_s);
    mono.setPointSizeF(m_theme.font(TypeRole::Caption).pointSizeF());
    m_text->setFont(mono);
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(makeRows());
    splitter->addWidget(m_text);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({Theme::grid(66), Theme::grid(58)});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter, 1);
    layout->addWidget(makeFoot());
    m_checkTimer.setSingleShot(true);
    m_checkTimer.setInterval(200ms);
    connect(&m_checkTimer, &QTimer::timeout, this, &JobForm::check);
    connect(m_template, &QComboBox::activated, this, &JobForm::loadTemplate);
    connect(m_name, &QLineEdit::textChanged, this,
            [this] { m_command->setText(u"icae train job.json --run %1"_s.arg(name())); });
    connect(m_text, &QPlainTextEdit::textChanged, this, [this] {
        if (m_showing)
            return;
        m_job = JsonText(m_text->toPlainText().toStdString());
        showRows();
        changed();
    });
    connect(&m_catalog, &ModelCatalog::listed, this, &JobForm::showModels);
    connect(&m_catalog, &ModelCatalog::devicesChanged, this, &JobForm::showModels);
    setFocusProxy(m_template);
    showModels();
}

void JobForm::addRow(QGridLayout& grid, const QString& title, const QString& hint, JobEditor* editor)
{
    auto* label = new QLabel(title);
    label->setBuddy(editor);
    label->setToolTip(hint);
    editor->setToolTip(hint);
    if (auto* proxy = editor->focusProxy(); proxy != nullptr && proxy->accessibleName().isEmpty())
        proxy->setAccessibleName(title);
    auto* problem = new QLabel;
    problem->setProperty("kind", u"error"_s);
    problem->setWordWrap(true);
    problem->hide();
    const auto row = grid.rowCount();
    grid.addWidget(label, row, 0);
    grid.addWidget(editor, row, 1);
    grid.addWidget(problem, row + 1, 1);
    m_rows.push_back({editor, label, problem});
    connect(editor, &JobEditor::edited, this, [this, editor] { write(*editor); });
    if (auto* line = qobject_cast<LineEditor*>(editor))
        connect(line, &LineEditor::browseRequested, this, [this, line] { browse(*line); });
}

QWidget* JobForm::makeRows()
{
    auto* rows = new QWidget;
    rows->setBackgroundRole(QPalette::Base);
    auto* grid = new QGridLayout(rows);
    grid->setContentsMargins(Theme::grid(3), Theme::grid(2), Theme::grid(2), Theme::grid());
    grid->setHorizontalSpacing(Theme::grid(2));
    grid->setVerticalSpacing(Theme::grid(0.5));
    grid->setColumnStretch(1, 1);
    const auto plain = [&](const QString& title, QWidget* editor) {
        auto* label = new QLabel(title);
        label->setBuddy(editor);
        editor->setAccessibleName(title);
        const auto row = grid->rowCount();
        grid->addWidget(label, row, 0);
        grid->addWidget(editor, row, 1);
    };
    m_template->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_template->setMinimumContentsLength(12);
    plain(tr("Start from"), m_template);
    m_name->setPlaceholderText(tr("Made from stage and base"));
    plain(tr("Name"), m_name);
    using Kind = LineEditor::Kind;
    const std::vector<std::string> slotStages{"midtrain", "adapter", "instruct"};
    m_base = new ChoiceEditor("base", true, slotStages);
    addRow(*grid, tr("Base"),
           tr("The model that is adapted: a folder on the engine's machine, or a run that trained one"), m_base);
    m_initFrom = new ChoiceEditor("init_from", true, {});
    m_initFrom->box().lineEdit()->setPlaceholderText(tr("Fresh numbers"));
    addRow(*grid, tr("Weights from"), tr("A run or folder to start from instead of fresh numbers"), m_initFrom);
    m_texts = new LineEditor("data.texts", Kind::Files, {});
    addRow(*grid, tr("Texts"), tr(".txt, .md or .jsonl with a field \"text\", each also .xz"), m_texts);
    addRow(*grid, tr("Questions"), tr("{\"input\", \"prompt\", \"answer\"} a line"),
           new LineEditor("data.questions", Kind::Files, {"midtrain", "instruct"}));
    addRow(*grid, tr("Validation texts"), tr("Texts that are not trained on"),
           new LineEditor("data.validation_texts", Kind::Files, {}));
    addRow(*grid, tr("Validation questions"), tr("Questions that are not trained on"),
           new LineEditor("data.validation_questions", Kind::Files, {"midtrain", "instruct"}));
    addRow(*grid, tr("Mixture"), tr("Shares of what batches ask; they sum to 1"), new MixtureEditor);
    addRow(*grid, tr("Cells"), tr("Lengths and slot counts that reconstruction trains"), new CellsEditor);
    addRow(*grid, tr("LoRA rank"), tr("Rank of the adapter's matrices"),
           new LineEditor("adapter.lora.r", Kind::Number, slotStages));
    addRow(*grid, tr("LoRA alpha"), tr("Their scale, times the rank's inverse"),
           new LineEditor("adapter.lora.alpha", Kind::Number, slotStages));
    addRow(*grid, tr("Targets"), tr("Modules that get LoRA matrices"), new TargetsEditor);
    addRow(*grid, tr("Learning rate"), tr("At its peak"), new LineEditor("optimizer.learning_rate", Kind::Number, {}));
    addRow(*grid, tr("Batch"), tr("Context tokens a batch"), new LineEditor("batch_tokens", Kind::Number, {}));
    addRow(*grid, tr("Stop after"), tr("The schedule of the rate ends there"), new StopEditor);
    auto* precision = new ChoiceEditor("precision", false, {});
    precision->setChoices({{tr("automatic"), u"auto"_s}, {u"fp32"_s, u"fp32"_s}, {u"bf16"_s, u"bf16"_s}});
    addRow(*grid, tr("Precision"), tr("Of the computation; the numbers that are trained are float32"), precision);
    m_device = new ChoiceEditor("device", false, {});
    addRow(*grid, tr("Device"), tr("Where it trains"), m_device);
    grid->setRowStretch(grid->rowCount(), 1);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(rows);
    scroll->viewport()->setBackgroundRole(QPalette::Base);
    scroll->setMinimumWidth(Theme::grid(44));
    return scroll;
}

QWidget* JobForm::makeFoot()
{
    auto* foot = new QWidget;
    auto* column = new QVBoxLayout(foot);
    column->setContentsMargins(Theme::grid(3), Theme::grid(), Theme::grid(3), Theme::grid(2));
    m_whole->setProperty("kind", u"error"_s);
    m_whole->setWordWrap(true);
    m_whole->hide();
    m_comesTo->setWordWrap(true);
    m_command->setProperty("secondary", true);
    m_command->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_command->setFont(m_text->font());
    m_command->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    auto* open = new QPushButton(tr("Open a job…"));
    auto* cancel = new QPushButton(tr("Cancel"));
    m_start->setProperty("primary", true);
    m_start->setToolTip(tr("Start the job (Ctrl+Enter); it goes on without this window"));
    m_estimate->setToolTip(tr("Trains a step and evaluates in a process of its own, and measures memory and time"));
    m_queue->setToolTip(tr("Starts when the jobs before it have left the device"));
    column->addWidget(m_whole);
    column->addWidget(m_comesTo);
    column->addWidget(m_command);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::grid());
    buttons->addWidget(m_start);
    buttons->addWidget(cancel);
    buttons->addWidget(m_queue);
    buttons->addStretch(1);
    buttons->addWidget(open);
    buttons->addWidget(m_estimate);
    column->addLayout(buttons);
    const auto start = [this] {
        if (isReady())
            Q_EMIT startRequested(QString::fromStdString(m_job.text()), name(), m_queue->isChecked());
    };
    auto* key = new QAction(tr("Start the job"), this);
    key->setShortcuts(mainActionKeys());
    key->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(key);
    connect(key, &QAction::triggered, this, start);
    connect(m_start, &QPushButton::clicked, this, start);
    connect(cancel, &QPushButton::clicked, this, &JobForm::cancelled);
    connect(m_estimate, &QPushButton::clicked, this, &JobForm::estimate);
    connect(open, &QPushButton::clicked, this, &JobForm::openJob);
    return foot;
}

std::string JobForm::stage() const
{
    const auto value = m_job.value("stage");
    return value.is_string() ? value.get<std::string>() : "adapter";
}

QString JobForm::name() const
{
    if (const auto typed = m_name->text().trimmed(); !typed.isEmpty())
        return typed;
    const auto base = m_job.value("base");
    const auto of = base.is_string() ? lastOf(base.get<std::string>()) : QString();
    return QString::fromStdString(stage()) + (of.isEmpty() ? QString() : u"-"_s + of);
}

void JobForm::beginNew()
{
    m_name->clear();
    loadTemplate();
}

void JobForm::begin(const std::string& job, const QString& name)
{
    m_name->setText(name);
    setJob(job);
}

void JobForm::loadTemplate()
{
    const auto which = m_template->currentData().toString();
    const bool small = which == QLatin1StringView(bundled);
    m_client.call(protocol::trainTemplate, {small ? std::string("adapter") : which.toStdString(), small}, this,
                  {.done = [this](const TrainTemplate& found) {
                      JsonText job(found.job);
                      // The base at hand is a better beginning than a path that is nowhere.
                      if (const auto& loaded = m_client.model(); loaded && job.has("base"))
                          if (const auto base = job.value("base"); base == "models/base")
                              job.set("base", loaded->base);
                      setJob(job.text());
                  }});
}

void JobForm::setJob(std::string text)
{
    m_job = JsonText(std::move(text));
    m_showing = true;
    m_text->setPlainText(QString::fromStdString(m_job.text()));
    m_showing = false;
    showRows();
    changed();
}

void JobForm::showRows()
{
    const auto of = stage();
    for (const auto& row : m_rows) {
        const bool used = row.editor->isUsed(of);
        row.label->setVisible(used);
        row.editor->setVisible(used);
        row.problem->setVisible(used && !row.problem->text().isEmpty());
        row.editor->setEnabled(m_job.isReadable());
        if (m_job.isReadable())
            row.editor->show(m_job);
    }
    if (m_name->text().isEmpty())
        m_name->setPlaceholderText(name());
    m_command->setText(u"icae train job.json --run %1"_s.arg(name()));
}

/// A control has changed: the text follows, and keeps the reader's place.
void JobForm::write(const JobEditor& editor)
{
    auto job = m_job;
    editor.write(job);
    if (job.text() == m_job.text())
        return;
    const auto before = QString::fromStdString(m_job.text());
    const auto after = QString::fromStdString(job.text());
    m_job = std::move(job);
    qsizetype same = 0;
    while (same < std::min(before.size(), after.size()) && before[same] == after[same])
        ++same;
    qsizetype end = 0;
    while (end < std::min(before.size(), after.size()) - same
           && before[before.size() - 1 - end] == after[after.size() - 1 - end])
        ++end;
    m_showing = true;
    QTextCursor cursor(m_text->document()); // one change that can be undone
    cursor.setPosition(static_cast<int>(same));
    cursor.setPosition(static_cast<int>(before.size() - end), QTextCursor::KeepAnchor);
    cursor.insertText(after.mid(same, after.size() - end - same));
    m_showing = false;
    showRows();
    changed();
}

void JobForm::showModels()
{
    std::vector<std::pair<QString, QString>> bases;
    std::vector<std::pair<QString, QString>> adapters{{tr("Fresh numbers"), QString()}};
    const auto& models = m_catalog.tree().models();
    for (const auto& base : models.bases)
        if (base.problem.empty())
            bases.emplace_back(lastOf(base.folder) + u" · "_s + QString::fromStdString(base.folder),
                               QString::fromStdString(base.folder));
    for (const auto& adapter : models.adapters)
        if (adapter.problem.empty())
            adapters.emplace_back(lastOf(adapter.path) + u" · "_s + QString::fromStdString(adapter.path),
                                  QString::fromStdString(adapter.path));
    std::vector<std::pair<QString, QString>> devices{{tr("automatic"), QString()}};
    for (const auto& device : m_catalog.devices())
        devices.emplace_back(QString::fromStdString(device.name), QString::fromStdString(device.id));
    m_base->setChoices(bases);
    m_initFrom->setChoices(adapters);
    m_device->setChoices(devices);
}

void JobForm::changed()
{
    m_ready = false;
    m_start->setEnabled(false);
    m_estimate->setEnabled(false);
    m_checkTimer.start();
}

void JobForm::clearProblems()
{
    m_whole->hide();
    m_text->setExtraSelections({});
    for (const auto& row : m_rows) {
        row.problem->clear();
        row.problem->hide();
        row.editor->setAccessibleDescription({});
    }
}

void JobForm::check()
{
    if (m_checkRequest >= 0)
        m_client.cancel(m_checkRequest);
    m_checkRequest = m_client.call(protocol::trainCheck, {m_job.text()}, this,
                                   {.done = [this](const TrainCheck& found) { takeCheck(found); },
                                    .failed =
                                        [this](const Error& why) {
                                            if (why.kind() == ErrorKind::Cancelled)
                                                return;
                                            clearProblems();
                                            m_whole->setText(QString::fromStdString(why.message()));
                                            m_whole->show();
                                        }});
}

void JobForm::takeCheck(const TrainCheck& found)
{
    m_checkRequest = -1;
    if (m_checkTimer.isActive()) // what was checked is no more
        return;
    clearProblems();
    QStringList whole;
    QList<QTextEdit::ExtraSelection> marks;
    for (const auto& problem : found.problems) {
        const auto text = QString::fromStdString(problem.problem + " " + problem.remedy);
        const auto row = std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& one) {
            const auto& field = one.editor->field();
            return !one.editor->isHidden()
                && (problem.field == field || problem.field.rfind(field + ".", 0) == 0
                    || problem.field.rfind(field + "[", 0) == 0);
        });
        if (row == m_rows.end()) {
            whole += text;
        } else {
            row->problem->setText(text);
            row->problem->show();
            row->editor->setAccessibleDescription(text);
        }
        if (const auto range = m_job.rangeOf(problem.field); !range.isEmpty()) {
            const Utf16Offsets offsets(m_job.text());
            QTextEdit::ExtraSelection mark;
            mark.cursor = QTextCursor(m_text->document());
            mark.cursor.setPosition(static_cast<int>(offsets.toUtf16(range.begin)));
            mark.cursor.setPosition(static_cast<int>(offsets.toUtf16(range.end)), QTextCursor::KeepAnchor);
            mark.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
            mark.format.setUnderlineColor(m_theme.color(Shade::Error));
            mark.format.setBackground(m_theme.color(Shade::ErrorTint));
            marks += mark;
        }
    }
    m_text->setExtraSelections(marks);
    m_whole->setText(whole.join(u'\n'));
    m_whole->setVisible(!whole.isEmpty());
    m_ready = found.problems.empty();
    m_start->setEnabled(m_ready);
    m_estimate->setEnabled(m_ready && m_estimateRequest < 0);
    if (m_estimateRequest >= 0)
        return;
    QStringList parts;
    if (m_ready) {
        parts += tr("%L1 trained numbers").arg(static_cast<qlonglong>(found.trainedNumbers));
        if (found.steps)
            parts += tr("%L1 steps of %L2 tokens").arg(*found.steps).arg(found.batchTokens);
        else if (found.minutes)
            parts += durationText(*found.minutes * 60);
        parts += QString::fromStdString(found.deviceName + ", " + found.precision);
    }
    m_comesTo->setText(parts.join(u" · "_s));
}

void JobForm::estimate()
{
    m_estimate->setEnabled(false);
    m_comesTo->setText(tr("Training a step and evaluating, to measure…"));
    m_estimateRequest =
        m_client.call(protocol::trainEstimate, {m_job.text()}, this,
                      {.done =
                           [this](const TrainEstimate& found) {
                               m_estimateRequest = -1;
                               m_estimate->setEnabled(m_ready);
                               auto text = tr("%1 on %2: %L3 tokens/s, %4 of memory at its peak, %5 free")
                                               .arg(durationText(found.seconds), QString::fromStdString(found.device))
                                               .arg(static_cast<qlonglong>(found.tokensPerSecond))
                                               .arg(byteText(found.peakBytes), byteText(found.freeBytes));
                               if (!found.fits)
                                   text = tr("This job does not fit on %1.").arg(QString::fromStdString(found.device));
                               if (!found.advice.empty())
                                   text += u" "_s + QString::fromStdString(found.advice);
                               m_comesTo->setText(text);
                           },
                       .failed =
                           [this](const Error& why) {
                               m_estimateRequest = -1;
                               m_estimate->setEnabled(m_ready);
                               m_comesTo->clear();
                               if (why.kind() == ErrorKind::Cancelled)
                                   return;
                               m_whole->setText(QString::fromStdString(why.message() + " " + why.remedy()));
                               m_whole->show();
                           }});
}

bool JobForm::refuseLocal(const QStringList& files)
{
    const auto command = m_settings.engineCommand().trimmed();
    if (!command.startsWith(u"ssh "_s) || files.isEmpty())
        return false;
    const auto host = command.split(u' ', Qt::SkipEmptyParts).value(1);
    m_whole->setText(tr("The engine runs on %1 and cannot read files of this machine. Copy them there and name the "
                        "copies: scp %2 %1:")
                         .arg(host, files.join(u' ')));
    m_whole->show();
    return true;
}

void JobForm::addFiles(LineEditor& to, const QStringList& files)
{
    if (!refuseLocal(files))
        to.addFiles(files);
}

void JobForm::browse(LineEditor& editor)
{
    auto* dialog = openDialog(this, m_settings, tr("Files to train on"));
    dialog->setFileMode(QFileDialog::ExistingFiles);
    dialog->setNameFilters({tr("Texts and JSON lines (*.txt *.md *.jsonl *.xz)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::filesSelected, this,
            [this, &editor](const QStringList& files) { addFiles(editor, files); });
    dialog->open();
}

void JobForm::openJob()
{
    auto* dialog = openDialog(this, m_settings, tr("Open a job"));
    dialog->setNameFilters({tr("Jobs (*.json)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        try {
            begin(readTextFile(path).toStdString(), QString());
        } catch (const Error& error) {
            Q_EMIT failed(error);
        }
    });
    dialog->open();
}

void JobForm::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

/// Onto a line of files: there; elsewhere: to the texts that are trained on.
void JobForm::dropEvent(QDropEvent* event)
{
    QStringList files;
    for (const auto& url : event->mimeData()->urls())
        if (url.isLocalFile())
            files += url.toLocalFile();
    auto* to = m_texts;
    for (const auto& row : m_rows)
        if (auto* line = qobject_cast<LineEditor*>(row.editor); line != nullptr && line->isVisible()
            && QRect(line->mapTo(this, QPoint()), line->size()).contains(event->position().toPoint())
            && line->field().rfind("data.", 0) == 0)
            to = line;
    addFiles(*to, files);
    event->acceptProposedAction();
}

void JobForm::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        Q_EMIT cancelled();
    else
        QWidget::keyPressEvent(event);
}

} // namespace icae

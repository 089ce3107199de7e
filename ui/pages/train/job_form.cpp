#include "pages/train/job_form.h"

#include "models/byte_text.h"
#include "models/run_list_model.h"
#include "models/text_file.h"
#include "models/utf16_offsets.h"
#include "pages/file_dialog.h"
#include "pages/train/count_editor.h"
#include "pages/train/job_editors.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
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
constexpr int mostTurns = 64; // as jobs take them
constexpr int mostRanks = 4096;

QString lastOf(const std::string& path)
{
    return QString::fromStdString(path).section(u'/', -1);
}

} // namespace

JobForm::JobForm(const PageContext& context, QWidget* parent)
    : RunForm(context,
              {tr("Start the job"), tr("Estimate"),
               tr("Trains a step and evaluates in a process of its own, and measures memory and time"), 200ms},
              parent)
    , m_template(new QComboBox)
    , m_name(new QLineEdit)
    , m_text(new QPlainTextEdit)
    , m_queue(new QCheckBox(tr("Wait for the device")))
{
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
    splitter->setSizes({Theme::grid(61), Theme::grid(58)});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter, 1);
    auto* open = new QPushButton(tr("Open a job…"));
    connect(open, &QPushButton::clicked, this, &JobForm::openJob);
    m_queue->setToolTip(tr("Starts when the jobs before it have left the device"));
    layout->addWidget(makeFoot(m_queue, open));
    connect(m_template, &QComboBox::activated, this, &JobForm::loadTemplate);
    connect(m_name, &QLineEdit::textChanged, this,
            [this] { setCommand(u"icae train job.json --run %1"_s.arg(name())); });
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
    m_rows.push_back({addField(grid, editor->field(), title, editor), editor});
    m_rows.back().field.label->setToolTip(hint);
    editor->setToolTip(hint);
    connect(editor, &JobEditor::edited, this, [this, editor] { write(*editor); });
    if (auto* line = qobject_cast<LineEditor*>(editor))
        connect(line, &LineEditor::browseRequested, this, [this, line] { browse(*line); });
}

QWidget* JobForm::makeRows()
{
    auto* rows = new QWidget;
    auto* grid = makeGrid(rows);
    grid->setColumnStretch(1, 1);
    m_template->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_template->setMinimumContentsLength(12);
    addField(*grid, {}, tr("Start from"), m_template);
    m_name->setPlaceholderText(tr("Made from stage and base"));
    addField(*grid, {}, tr("Name"), m_name);
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
    addRow(*grid, tr("Questions a text"), tr("Most questions about one text that a sample asks, one after the other"),
           new CountEditor("questions.turns", {1, mostTurns, 1}, {"midtrain", "instruct"}));
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
    addRow(*grid, tr("GPUs"),
           tr("That train together: a process each, which reads its part of every batch. On a CPU, as many processes"),
           new CountEditor("ranks", {1, mostRanks, 1}, {}));
    grid->setRowStretch(grid->rowCount(), 1);
    auto* scroll = makeScroll(rows);
    scroll->setMinimumWidth(Theme::grid(61)); // no row is cut
    return scroll;
}

void JobForm::start()
{
    Q_EMIT startRequested(QString::fromStdString(m_job.text()), name(), m_queue->isChecked());
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
        showField(row.field, row.editor->isUsed(of));
        row.editor->setEnabled(m_job.isReadable());
        if (m_job.isReadable())
            row.editor->show(m_job);
    }
    if (m_name->text().isEmpty())
        m_name->setPlaceholderText(name());
    setCommand(u"icae train job.json --run %1"_s.arg(name()));
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

void JobForm::clearProblems()
{
    m_text->setExtraSelections({});
    for (const auto& row : m_rows)
        showProblem(row.field, {});
}

void JobForm::check()
{
    showWhole({});
    askWhether(protocol::trainCheck, {m_job.text()}, [this](const TrainCheck& found) { takeCheck(found); });
}

void JobForm::takeCheck(const TrainCheck& found)
{
    clearProblems();
    QStringList whole;
    for (const auto& problem : found.problems) {
        const auto text = QString::fromStdString(problem.problem + " " + problem.remedy);
        const auto row = std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& one) {
            const auto& field = one.field.name;
            return !one.editor->isHidden()
                && (problem.field == field || problem.field.rfind(field + ".", 0) == 0
                    || problem.field.rfind(field + "[", 0) == 0);
        });
        if (row == m_rows.end())
            whole += text;
        else
            showProblem(row->field, text);
        mark(problem.field);
    }
    setChecked(whole, found.problems.empty());
    if (isEstimating())
        return;
    QStringList parts;
    if (isReady()) {
        parts += tr("%L1 trained numbers").arg(static_cast<qlonglong>(found.trainedNumbers));
        if (found.steps)
            parts += tr("%L1 steps of %L2 tokens").arg(*found.steps).arg(found.batchTokens);
        else if (found.minutes)
            parts += durationText(*found.minutes * 60);
        parts += QString::fromStdString(found.deviceName + ", " + found.precision);
    }
    setComesTo(parts.join(u" · "_s));
}

void JobForm::mark(const std::string& field)
{
    const auto range = m_job.rangeOf(field);
    if (range.isEmpty())
        return;
    const Utf16Offsets offsets(m_job.text());
    QTextEdit::ExtraSelection mark;
    mark.cursor = QTextCursor(m_text->document());
    mark.cursor.setPosition(static_cast<int>(offsets.toUtf16(range.begin)));
    mark.cursor.setPosition(static_cast<int>(offsets.toUtf16(range.end)), QTextCursor::KeepAnchor);
    mark.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
    mark.format.setUnderlineColor(m_theme.color(Shade::Error));
    mark.format.setBackground(m_theme.color(Shade::ErrorTint));
    m_text->setExtraSelections(m_text->extraSelections() << mark);
}

void JobForm::estimate()
{
    setComesTo(tr("Training a step and evaluating, to measure…"));
    askFor(protocol::trainEstimate, {m_job.text()}, [](const TrainEstimate& found) {
        auto text = tr("%1 from start to end on %2: %L3 tokens/s, %4 of memory at its peak, %5 free")
                        .arg(durationText(found.seconds), QString::fromStdString(found.device))
                        .arg(static_cast<qlonglong>(found.tokensPerSecond))
                        .arg(byteText(found.peakBytes), byteText(found.freeBytes));
        if (!found.fits)
            text = tr("This job does not fit on %1.").arg(QString::fromStdString(found.device));
        if (!found.advice.empty())
            text += u" "_s + QString::fromStdString(found.advice);
        return text;
    });
}

void JobForm::browse(LineEditor& editor)
{
    chooseFiles(tr("Files to train on"), {tr("Texts and JSON lines (*.txt *.md *.jsonl *.xz)"), tr("All files (*)")},
                [&editor](const QStringList& files) { editor.addFiles(files); });
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

/// Onto a line of files: there; elsewhere: to the texts that are trained on.
void JobForm::takeFiles(const QStringList& files, const QPoint& at)
{
    auto* to = m_texts;
    for (const auto& row : m_rows)
        if (auto* line = qobject_cast<LineEditor*>(row.editor); line != nullptr && line->isVisible()
            && QRect(line->mapTo(this, QPoint()), line->size()).contains(at) && line->field().rfind("data.", 0) == 0)
            to = line;
    to->addFiles(files);
}

} // namespace icae

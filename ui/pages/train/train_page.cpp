#include "pages/train/train_page.h"

#include "models/figure_document.h"
#include "pages/runs/run_list_pane.h"
#include "pages/train/job_form.h"
#include "pages/train/run_dialogs.h"
#include "pages/train/run_samples.h"
#include "protocol/train_protocol.h"
#include "session/desktop_note.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/notice_bar.h"
#include "widgets/plot/curve_chart.h"

#include <QAction>
#include <QInputDialog>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTreeWidget>
#include <QtConcurrent>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

bool keeps(const RunCheckpoint& checkpoint, const char* what)
{
    return std::find(checkpoint.keeps.begin(), checkpoint.keeps.end(), what) != checkpoint.keeps.end();
}

/// Replaces a text that grows; a reader who is not at its end stays where they are.
void showText(QPlainTextEdit& view, const QString& text)
{
    if (view.toPlainText() == text)
        return;
    auto* bar = view.verticalScrollBar();
    const bool atEnd = bar->value() == bar->maximum();
    const int at = bar->value();
    view.setPlainText(text);
    bar->setValue(atEnd ? bar->maximum() : at);
}

} // namespace

TrainPage::~TrainPage()
{
    m_drawing.waitForFinished();
}

void TrainPage::showEvent(QShowEvent* event)
{
    Page::showEvent(event);
    m_runs.setWatching(true);
}

void TrainPage::hideEvent(QHideEvent* event)
{
    Page::hideEvent(event);
    // Runs that are under way are watched on, so that their end is announced.
    const bool anyAlive =
        std::any_of(m_states.begin(), m_states.end(), [](const auto& one) { return isAlive(one.second); });
    m_runs.setWatching(anyAlive);
}

QString TrainPage::current() const
{
    return m_list->current();
}

void TrainPage::showCurrent()
{
    if (!current().isEmpty())
        m_settings.setTrainingRun(current());
    m_chart->setCurves(nullptr);
    m_controls->setBest({});
    m_controls->setOthers(m_runs.list(), current());
    updateShown();
    showDocument();
}

void TrainPage::showRun()
{
    if (m_stack->currentWidget() != m_form)
        m_stack->setCurrentWidget(current().isEmpty() ? static_cast<QWidget*>(m_empty) : m_run);
    showStatus();
}

void TrainPage::updateShown()
{
    auto shown = m_controls->overlays();
    if (!current().isEmpty())
        shown.prepend(current());
    m_runs.setShown(shown);
}

void TrainPage::showStatus()
{
    m_list->updateActions();
    m_list->describe(*m_state, *m_trouble);
    const auto* run = m_list->info();
    const auto document = m_runs.document(current());
    const bool ended = run != nullptr && run->writable && !isAlive(run->status.state);
    const bool own = run != nullptr && run->status.kind == RunKind::Training;
    m_clone->setEnabled(document && !document->job.empty());
    m_extend->setEnabled(ended && own && run->status.state != RunState::Damaged);
    m_resumeWith->setEnabled(own && m_list->resumeAction()->isEnabled());
    const bool usable = checkpoint() != nullptr;
    for (auto* action : {m_try, m_study, m_publish})
        action->setEnabled(usable);
}

void TrainPage::showDocument()
{
    const auto document = m_runs.document(current());
    m_samples->setRun(document ? document->curves : nullptr);
    showText(*m_log, document ? document->log : QString());
    showConfig();
    showCheckpoints();
    rebuildCurves();
    showStatus();
}

/// What differs from the runs beside it; the whole where there are none.
void TrainPage::showConfig()
{
    const auto document = m_runs.document(current());
    showText(*m_config, document ? QString::fromStdString(document->job) : QString());
    QStringList titles{tr("Field"), current().section(u'/', -1)};
    std::vector<std::string> configs{document ? document->job : std::string()};
    for (const auto& run : m_controls->overlays())
        if (const auto other = m_runs.document(run)) {
            configs.push_back(other->job);
            titles.append(run.section(u'/', -1));
        }
    const bool compares = configs.size() > 1;
    m_config->setVisible(!compares);
    m_differences->setVisible(compares);
    if (!compares)
        return;
    m_differences->clear();
    m_differences->setHeaderLabels(titles);
    for (const auto& difference : configDifferences(configs))
        new QTreeWidgetItem(m_differences, QStringList(difference.field) + difference.values);
    for (int column = 0; column < m_differences->columnCount(); ++column)
        m_differences->resizeColumnToContents(column);
}

void TrainPage::showCheckpoints()
{
    const auto document = m_runs.document(current());
    const auto chosen =
        m_checkpoints->currentItem() == nullptr ? QVariant() : m_checkpoints->currentItem()->data(0, Qt::UserRole);
    const QSignalBlocker quiet(m_checkpoints);
    m_checkpoints->clear();
    if (!document)
        return;
    for (const auto& one : document->checkpoints) {
        QStringList kept;
        for (const auto& what : one.keeps)
            kept += what == "state" ? tr("state to go on from") : what == "base" ? tr("base") : tr("adapter");
        auto* item = new QTreeWidgetItem(m_checkpoints);
        item->setText(0, QLocale().toString(static_cast<qlonglong>(one.step)));
        item->setTextAlignment(0, Qt::AlignRight | Qt::AlignVCenter);
        item->setText(
            1, one.loss ? measureText("loss", *one.loss) + (one.best ? tr(" – the best") : QString()) : QString());
        item->setText(2, kept.join(u", "_s));
        item->setText(3, one.stays ? tr("for good") : tr("until newer ones need its place"));
        item->setData(0, Qt::UserRole, QString::fromStdString(one.path));
        item->setToolTip(0, QString::fromStdString(one.path));
        if (item->data(0, Qt::UserRole) == chosen)
            m_checkpoints->setCurrentItem(item);
    }
}

/// Off the main thread; what changed meanwhile is drawn afterwards.
void TrainPage::rebuildCurves()
{
    const auto first = m_runs.document(current());
    if (!first || !first->curves)
        return;
    if (m_drawing.isRunning()) {
        m_drawAgain = true;
        return;
    }
    std::vector<CurveRunPtr> runs{first->curves};
    for (const auto& run : m_controls->overlays())
        if (const auto other = m_runs.document(run); other && other->curves)
            runs.push_back(other->curves);
    m_drawing.setFuture(QtConcurrent::run([runs = std::move(runs), options = m_controls->options()]() mutable {
        return makeCurves(std::move(runs), options);
    }));
}

void TrainPage::takeCurves()
{
    const auto curves = m_drawing.result();
    if (curves && !curves->runs.empty() && curves->runs.front()->run == current()) {
        m_chart->setCurves(curves);
        m_controls->setBest(curves->best);
    }
    if (std::exchange(m_drawAgain, false))
        rebuildCurves();
}

void TrainPage::openForm()
{
    m_form->beginNew();
    m_stack->setCurrentWidget(m_form);
    m_form->setFocus(Qt::OtherFocusReason);
}

void TrainPage::clone()
{
    const auto document = m_runs.document(current());
    if (!document)
        return;
    m_form->begin(document->job, current().section(u'/', -1) + u"-2"_s);
    m_stack->setCurrentWidget(m_form);
    m_form->setFocus(Qt::OtherFocusReason);
}

void TrainPage::start(const QString& job, const QString& name, bool queued)
{
    StartRunParams params;
    params.kind = RunKind::Training;
    params.spec = job.toStdString();
    params.name = name.toStdString();
    params.queue = queued;
    m_client.call(protocol::runsStart, params, this, {.done = [this](const RunInfo& started) {
                      m_notice->clear();
                      m_stack->setCurrentWidget(m_run);
                      m_list->select(QString::fromStdString(started.run));
                      Q_EMIT reported(tr("Started the job %1").arg(QString::fromStdString(started.name)));
                  }});
}

void TrainPage::extend()
{
    const auto* run = m_list->info();
    if (run == nullptr)
        return;
    auto* dialog = new ExtendDialog(*run, this);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        m_client.call(protocol::runsExtend, dialog->params(), this, {.done = [this](const ExtendedRun& extended) {
                          m_notice->clear();
                          updateShown();
                          m_runs.refresh();
                          Q_EMIT reported(QString::fromStdString(extended.rule));
                      }});
    });
    dialog->open();
}

void TrainPage::resumeWith()
{
    auto* dialog = new ResumeDialog(m_context, current(), this);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { m_list->resume(dialog->params()); });
    dialog->open();
}

const RunCheckpoint* TrainPage::checkpoint() const
{
    const auto document = m_runs.document(current());
    if (!document)
        return nullptr;
    const auto* item = m_checkpoints->currentItem();
    const RunCheckpoint* last = nullptr;
    for (const auto& one : document->checkpoints) {
        if (!keeps(one, "adapter"))
            continue;
        last = &one;
        if (item != nullptr && item->data(0, Qt::UserRole).toString().toStdString() == one.path)
            return last;
    }
    return last;
}

void TrainPage::tryIt()
{
    const auto* one = checkpoint();
    const auto document = m_runs.document(current());
    if (one == nullptr)
        return;
    m_client.call(protocol::trainCheck, {document->job, {}}, this,
                  {.done = [this, one = *one](const TrainCheck& found) {
                      m_catalog.load(keeps(one, "base") ? one.path : found.base, one.path);
                      Q_EMIT tryRequested();
                  }});
}

/// The checkpoints of the run that keep a model, as one study.
void TrainPage::studyIt()
{
    StudySpec spec;
    spec.kind = StudyKind::Models;
    spec.title = tr("Checkpoints of %1").arg(current().section(u'/', -1)).toStdString();
    StudyModel model;
    model.run = current().toStdString();
    spec.models = {model};
    spec.texts = {"samples"};
    Q_EMIT studyRequested(spec);
}

void TrainPage::publish()
{
    const auto* one = checkpoint();
    if (one == nullptr)
        return;
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Publish the adapter"));
    dialog->setLabelText(
        tr("Folder to make, on the engine's machine: adapter, configuration and model card of step %L1")
            .arg(one->step));
    dialog->setTextValue(current() + u"-step-%1"_s.arg(one->step));
    connect(dialog, &QInputDialog::textValueSelected, this,
            [this, step = one->step, run = current()](const QString& folder) {
                PublishRunParams params;
                params.run = run.toStdString();
                params.step = step;
                params.folder = folder.toStdString();
                m_client.call(protocol::runsPublish, params, this, {.done = [this](const PublishedRun& published) {
                                  m_notice->clear();
                                  m_catalog.addFolder(QString::fromStdString(published.folder));
                                  Q_EMIT reported(
                                      tr("Published into %1").arg(QString::fromStdString(published.folder)));
                              }});
            });
    dialog->open();
}

void TrainPage::addFolder()
{
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Folders of runs"));
    dialog->setLabelText(tr("Folders of runs, or of TensorBoard, on the engine's machine, one a line"));
    dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
    dialog->setTextValue(m_settings.runFolders().join(u'\n'));
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& text) {
        QStringList folders;
        for (const auto& line : text.split(u'\n', Qt::SkipEmptyParts))
            if (!line.trimmed().isEmpty())
                folders += line.trimmed();
        m_settings.setRunFolders(folders);
        m_runs.setFolders(folders);
    });
    dialog->open();
}

void TrainPage::announceEnds()
{
    std::map<std::string, RunState> now;
    const auto& list = m_runs.list();
    for (int row = 0; row < list.rowCount(); ++row) {
        const auto& run = *list.at(row);
        now[run.run] = run.status.state;
        const auto before = m_states.find(run.run);
        if (before == m_states.end() || !isAlive(before->second) || isAlive(run.status.state))
            continue;
        const auto sentence = tr("%1: %2. %3")
                                  .arg(QString::fromStdString(run.name), runStateText(run.status.state),
                                       QString::fromStdString(run.status.reason));
        Q_EMIT reported(sentence);
        notifyDesktop(tr("Training"), sentence);
    }
    m_states = std::move(now);
}

std::vector<ShortcutGroup> TrainPage::shortcuts() const
{
    ShortcutGroup runs{tr("Train"), {}};
    for (auto* action : runActions())
        runs.entries.push_back(action);
    ShortcutGroup curves{tr("Curves"), {}};
    for (auto* action : m_controls->actions())
        curves.entries.push_back(action);
    curves.entries.push_back({tr("Arrows"), tr("Walk the points of the curves")});
    curves.entries.push_back({tr("Enter"), tr("Show the samples of that step")});
    curves.entries.push_back({tr("Home"), tr("Show all of the curves")});
    return {runs, curves};
}

void TrainPage::showError(const Error& error)
{
    m_notice->showError(error);
}

} // namespace icae

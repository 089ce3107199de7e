#include "pages/study/study_page.h"

#include "pages/study/study_details.h"
#include "pages/study/study_form.h"
#include "report/study_table.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/find_views.h"
#include "widgets/common/notice_bar.h"
#include "widgets/plot/study_figure.h"

#include <QAction>
#include <QInputDialog>
#include <QLabel>
#include <QListView>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QtConcurrent>

namespace icae {

using namespace Qt::StringLiterals;

StudyPage::~StudyPage()
{
    m_drawing.waitForFinished();
}

void StudyPage::showEvent(QShowEvent* event)
{
    Page::showEvent(event);
    m_runs.setWatching(true);
}

void StudyPage::hideEvent(QHideEvent* event)
{
    Page::hideEvent(event);
    m_runs.setWatching(false);
}

const RunInfo* StudyPage::info() const
{
    return const_cast<StudyRuns&>(m_runs).list().find(m_current.toStdString());
}

void StudyPage::onListed()
{
    auto& list = m_runs.list();
    const auto wanted = m_wanted.isEmpty() ? m_current : m_wanted;
    const auto row = list.rowOf(wanted.toStdString());
    if (row >= 0) {
        m_wanted.clear();
        m_list->setCurrentIndex(list.index(row));
    } else if ((m_wanted.isEmpty() || m_current.isEmpty()) && list.rowCount() > 0) {
        m_wanted.clear(); // it is gone
        m_list->setCurrentIndex(list.index(0));
    } else if (list.rowCount() == 0) {
        select({});
    }
    m_controls->setOthers(list, m_current);
    showStatus();
}

void StudyPage::select(const QString& run)
{
    if (run != m_current) {
        m_current = run;
        if (!run.isEmpty())
            m_settings.setStudy(run);
        m_figure->setFigure(nullptr);
        m_tableModel.setDocument(nullptr);
        m_details->show(nullptr, -1, {});
        m_controls->setOthers(m_runs.list(), run);
        updateShown();
        rebuildFigure();
    }
    if (m_stack->currentWidget() != m_form)
        m_stack->setCurrentWidget(run.isEmpty() ? static_cast<QWidget*>(m_empty) : m_study);
    showStatus();
}

void StudyPage::updateShown()
{
    auto shown = m_controls->overlays();
    if (!m_current.isEmpty())
        shown.prepend(m_current);
    m_runs.setShown(shown);
}

void StudyPage::showStatus()
{
    const auto* run = info();
    const bool alive = run != nullptr && isAlive(run->status.state);
    const bool own = run != nullptr && run->writable;
    const bool ended = own && !alive;
    m_stop->setEnabled(own && alive);
    m_start->setEnabled(ended && run->status.state != RunState::Finished);
    m_duplicate->setEnabled(m_runs.document(m_current) != nullptr);
    m_rename->setEnabled(ended);
    m_delete->setEnabled(ended);
    m_undo->setEnabled(m_deleted.has_value());
    m_undoButton->setVisible(m_deleted.has_value());
    if (run == nullptr) {
        m_state->clear();
        return;
    }
    const auto& status = run->status;
    auto text = runLine(*run);
    if (!status.paused.empty())
        text += u" · "_s + QString::fromStdString(status.paused);
    else if (!alive && status.state != RunState::Finished && !status.reason.empty())
        text += u" · "_s + QString::fromStdString(status.reason);
    for (const auto& warning : status.warnings)
        text += u" · "_s + QString::fromStdString(warning);
    const bool failed =
        status.state == RunState::Failed || status.state == RunState::Died || status.state == RunState::Damaged;
    if (m_state->property("kind").toString() != (failed ? u"error"_s : QString())) {
        m_state->setProperty("kind", failed ? u"error"_s : QString());
        m_state->style()->unpolish(m_state);
        m_state->style()->polish(m_state);
    }
    m_state->setText(text);
    if (!m_runs.document(m_current))
        m_caption->setText(alive ? tr("The first samples are being measured.") : QString());
}

/// Off the main thread; what changed meanwhile is drawn afterwards.
void StudyPage::rebuildFigure()
{
    const auto first = m_runs.document(m_current);
    m_controls->setStudy(first);
    if (!first)
        return;
    m_tableModel.setDocument(first);
    if (m_drawing.isRunning()) {
        m_drawAgain = true;
        return;
    }
    std::vector<StudyDocumentPtr> studies{first};
    for (const auto& run : m_controls->overlays())
        if (auto other = m_runs.document(run))
            studies.push_back(std::move(other));
    m_drawing.setFuture(QtConcurrent::run([studies = std::move(studies), options = m_controls->options()]() mutable {
        return makeFigure(std::move(studies), options);
    }));
}

void StudyPage::takeFigure()
{
    const auto figure = m_drawing.result();
    if (figure && !figure->studies.empty() && figure->studies.front()->run == m_current) {
        m_figure->setFigure(figure);
        m_caption->setText(figure->caption);
        showCell(m_details->cell());
    }
    if (std::exchange(m_drawAgain, false))
        rebuildFigure();
}

void StudyPage::showCell(int cell)
{
    const auto study = m_runs.document(m_current);
    std::string measure;
    if (const auto& figure = m_figure->figure(); figure && !figure->panels.empty())
        measure = figure->panels.front().measure;
    m_details->show(study, cell, measure);
    m_figure->setCurrentCell(0, cell);
}

/// On the page that shows reconstructions. Its texts are read now: the figure has none.
void StudyPage::openSample(const FigureSample& sample)
{
    const auto& figure = m_figure->figure();
    const auto* found = figure ? figure->find(sample) : nullptr;
    if (found == nullptr)
        return;
    const auto study = figure->studies[static_cast<std::size_t>(sample.study)];
    m_client.call(protocol::studySample, {study->run.toStdString(), found->offset}, this,
                  {.done = [this, study, cell = sample.cell](const StudySample& whole) {
                      Q_EMIT recordedRequested({whole, study->title(), cellTitle(*study, cell)});
                  }});
}

void StudyPage::openForm(const StudySpec& spec)
{
    m_form->begin(spec);
    m_stack->setCurrentWidget(m_form);
    m_form->setFocus(Qt::OtherFocusReason);
}

void StudyPage::start(const StudySpec& spec, const QString& name)
{
    m_client.call(protocol::runsStart,
                  {RunKind::Study, nlohmann::json(withoutUnused(spec)).dump(2) + "\n", name.toStdString(), {}}, this,
                  {.done = [this](const RunInfo& started) {
                      m_notice->clear();
                      m_wanted = QString::fromStdString(started.run);
                      m_stack->setCurrentWidget(m_study);
                      m_runs.refresh();
                      Q_EMIT reported(tr("Started the study %1").arg(QString::fromStdString(started.name)));
                  }});
}

void StudyPage::ask(const protocol::Method<RunParams, RunInfo>& method)
{
    m_client.call(method, {m_current.toStdString()}, this, {.done = [this](const RunInfo& /*now*/) {
                      m_notice->clear();
                      updateShown();
                      m_runs.refresh();
                  }});
}

void StudyPage::rename()
{
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Rename the study"));
    dialog->setLabelText(tr("New name of its folder"));
    dialog->setTextValue(m_current.section(u'/', -1));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, run = m_current](const QString& name) {
        m_client.call(protocol::runsRename, {run.toStdString(), name.toStdString()}, this,
                      {.done = [this](const RunInfo& renamed) {
                          m_wanted = QString::fromStdString(renamed.run);
                          m_runs.refresh();
                      }});
    });
    dialog->open();
}

void StudyPage::remove()
{
    m_client.call(protocol::runsDelete, {m_current.toStdString()}, this, {.done = [this](const DeletedRun& deleted) {
                      m_deleted = deleted;
                      m_runs.refresh();
                      Q_EMIT reported(tr("Moved %1 to the trash folder; Ctrl+Z takes it back")
                                          .arg(QString::fromStdString(deleted.run).section(u'/', -1)));
                  }});
}

void StudyPage::undo()
{
    if (!m_deleted)
        return;
    m_client.call(protocol::runsRestore, *m_deleted, this, {.done = [this](const RunInfo& restored) {
                      m_deleted.reset();
                      m_wanted = QString::fromStdString(restored.run);
                      m_runs.refresh();
                  }});
}

std::vector<ShortcutGroup> StudyPage::shortcuts() const
{
    ShortcutGroup studies{tr("Study"), {m_new, m_start, m_stop, m_duplicate, m_rename, m_delete, m_undo}};
    ShortcutGroup figure{tr("Figure"), {}};
    for (auto* action : m_controls->actions())
        figure.entries.push_back(action);
    figure.entries.push_back({tr("Arrows"), tr("Walk the points of the figure")});
    figure.entries.push_back({tr("Enter"), tr("Open the sample in the middle of a point")});
    return {studies, figure};
}

std::pair<FindTarget*, QWidget*> StudyPage::findTarget()
{
    if (m_stack->currentWidget() != m_study)
        return {nullptr, nullptr};
    return {m_table, m_table};
}

void StudyPage::showError(const Error& error)
{
    m_notice->showError(error);
}

} // namespace icae

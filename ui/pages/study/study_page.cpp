#include "pages/study/study_page.h"

#include "pages/runs/run_list_pane.h"
#include "pages/study/study_details.h"
#include "pages/study/study_form.h"
#include "report/study_table.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/find_views.h"
#include "widgets/common/notice_bar.h"
#include "widgets/plot/study_figure.h"

#include <QAction>
#include <QLabel>
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

QString StudyPage::current() const
{
    return m_list->current();
}

void StudyPage::showCurrent()
{
    if (!current().isEmpty())
        m_settings.setStudy(current());
    m_figure->setFigure(nullptr);
    m_tableModel.setDocument(nullptr);
    m_details->show(nullptr, -1, {});
    m_controls->setOthers(m_runs.list(), current());
    updateShown();
    rebuildFigure();
}

void StudyPage::showStudy()
{
    if (m_stack->currentWidget() != m_form)
        m_stack->setCurrentWidget(current().isEmpty() ? static_cast<QWidget*>(m_empty) : m_study);
    showStatus();
}

void StudyPage::updateShown()
{
    auto shown = m_controls->overlays();
    if (!current().isEmpty())
        shown.prepend(current());
    m_runs.setShown(shown);
}

void StudyPage::showProblems()
{
    QStringList lines;
    for (const auto& problem : m_runs.problems())
        lines += QString::fromStdString(problem.problem + ' ' + problem.remedy);
    if (lines == std::exchange(m_problems, lines))
        return; // told already, and perhaps closed
    if (lines.isEmpty())
        m_notice->clearWarning();
    else
        m_notice->showWarning(lines.join(u'\n'), {});
}

void StudyPage::showStatus()
{
    m_list->updateActions();
    m_list->describe(*m_state, *m_trouble);
    m_duplicate->setEnabled(m_runs.document(current()) != nullptr);
    const auto* run = m_list->info();
    if (run != nullptr && !m_runs.document(current()))
        m_caption->setText(isAlive(run->status.state) ? tr("The first samples are being measured.") : QString());
}

/// Off the main thread; what changed meanwhile is drawn afterwards.
void StudyPage::rebuildFigure()
{
    const auto first = m_runs.document(current());
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
    if (figure && !figure->studies.empty() && figure->studies.front()->run == current()) {
        m_figure->setFigure(figure);
        m_caption->setText(figure->caption);
        showCell(m_details->cell());
    }
    if (std::exchange(m_drawAgain, false))
        rebuildFigure();
}

void StudyPage::showCell(int cell)
{
    const auto study = m_runs.document(current());
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

bool StudyPage::showSpec(const StudySpec& spec)
{
    openForm(spec);
    return true;
}

void StudyPage::start(const StudySpec& spec, const QString& name)
{
    m_client.call(protocol::runsStart,
                  {RunKind::Study, nlohmann::json(withoutUnused(spec)).dump(2) + "\n", name.toStdString(), {}}, this,
                  {.done = [this](const RunInfo& started) {
                      m_notice->clear();
                      m_stack->setCurrentWidget(m_study);
                      m_list->select(QString::fromStdString(started.run));
                      Q_EMIT reported(tr("Started the study %1").arg(QString::fromStdString(started.name)));
                  }});
}

std::vector<ShortcutGroup> StudyPage::shortcuts() const
{
    ShortcutGroup studies{tr("Study"),
                          {m_new, m_list->resumeAction(), m_list->stopAction(), m_duplicate, m_list->renameAction(),
                           m_list->deleteAction(), m_list->undoAction()}};
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

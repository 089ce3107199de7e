// The parts of the Train page, how they hang together, and what leaves it. What it does is in train_page.cpp.
#include "pages/train/train_page.h"

#include "pages/file_dialog.h"
#include "pages/runs/run_list_pane.h"
#include "pages/train/job_form.h"
#include "pages/train/run_queue.h"
#include "pages/train/run_samples.h"
#include "tensor/atomic_file.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/notice_bar.h"
#include "widgets/common/pane_header.h"
#include "widgets/plot/curve_chart.h"
#include "widgets/plot/figure_export.h"

#include <QAction>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

TrainPage::TrainPage(const PageContext& context, QWidget* parent)
    : Page(parent)
    , m_context(context)
    , m_theme(context.theme)
    , m_client(context.client)
    , m_settings(context.settings)
    , m_catalog(context.catalog)
    , m_runs(context.client, this)
    , m_notice(new NoticeBar(m_theme))
    , m_trouble(new NoticeBar(m_theme))
    , m_list(new RunListPane(m_theme, m_client, m_runs, {tr("Runs"), tr("Rename the run"), u"runs"_s}))
    , m_queue(new RunQueueOrder(m_theme, m_client, m_runs.list(), this))
    , m_stack(new QStackedWidget)
    , m_empty(new EmptyState(m_theme, u"train"_s, tr("No training run yet"),
                             tr("A job trains an adapter or a base in the background. It goes on without this window, "
                                "and what it makes can be tried on the other pages.")))
    , m_form(new JobForm(context))
    , m_state(new QLabel)
    , m_controls(new TrainControls(m_theme))
    , m_chart(new CurveChart(m_theme))
    , m_tabs(new QTabWidget)
    , m_samples(new RunSamples(m_theme))
    , m_checkpoints(new QTreeWidget)
    , m_differences(new QTreeWidget)
    , m_config(new QPlainTextEdit)
    , m_log(new QPlainTextEdit)
    , m_new(new QAction(m_theme.icon(u"edit"_s), tr("New job…"), this))
    , m_clone(new QAction(m_theme.icon(u"copy"_s), tr("Clone…"), this))
    , m_extend(new QAction(m_theme.icon(u"extend"_s), tr("Extend…"), this))
    , m_resumeWith(new QAction(m_theme.icon(u"folder-add"_s), tr("Resume with…"), this))
    , m_try(new QAction(m_theme.icon(u"compress"_s), tr("Try it"), this))
    , m_study(new QAction(m_theme.icon(u"study"_s), tr("Study it…"), this))
    , m_publish(new QAction(m_theme.icon(u"export"_s), tr("Publish…"), this))
    , m_addFolder(new QAction(m_theme.icon(u"folder-add"_s), tr("Folders of runs…"), this))
{
    makeActions();
    m_run = makeRun();
    auto* create = new QPushButton(tr("New job…"));
    create->setProperty("primary", true);
    connect(create, &QPushButton::clicked, m_new, &QAction::trigger);
    m_empty->addAction(create);
    for (auto* widget : std::initializer_list<QWidget*>{m_empty, m_form, m_run})
        m_stack->addWidget(widget);
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(m_list);
    splitter->addWidget(m_stack);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({Theme::grid(26), Theme::grid(110)});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_notice);
    layout->addWidget(splitter, 1);
    setFocusProxy(m_list);
    connectViews();
    m_runs.setFolders(m_settings.runFolders());
    showRun();
    m_list->select(m_settings.trainingRun());
}

void TrainPage::makeActions()
{
    m_new->setShortcut(QKeySequence::New);
    m_clone->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N));
    m_extend->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_F9));
    m_resumeWith->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F9));
    m_resumeWith->setToolTip(tr("Where its data lie elsewhere now, or job or data have changed"));
    m_try->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_T));
    m_study->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_T));
    m_publish->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P));
    m_addFolder->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O));
    m_try->setToolTip(tr("Loads what was trained, and goes to Compress"));
    m_study->setToolTip(tr("The checkpoints of this run as one study"));
    m_publish->setToolTip(tr("An adapter's folder with a model card"));
    const auto actions = runActions();
    for (auto* action : actions) {
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        addAction(action);
    }
    addActions({m_controls->actions().begin(), m_controls->actions().end()});
    m_list->setCreateAction(m_new);
    m_list->addRunActions({m_resumeWith, m_extend, m_queue->earlier(), m_queue->later(), m_clone, m_try, m_study,
                           m_publish, m_addFolder});
    connect(m_new, &QAction::triggered, this, &TrainPage::openForm);
    connect(m_clone, &QAction::triggered, this, &TrainPage::clone);
    connect(m_extend, &QAction::triggered, this, &TrainPage::extend);
    connect(m_resumeWith, &QAction::triggered, this, &TrainPage::resumeWith);
    connect(m_try, &QAction::triggered, this, &TrainPage::tryIt);
    connect(m_study, &QAction::triggered, this, &TrainPage::studyIt);
    connect(m_publish, &QAction::triggered, this, &TrainPage::publish);
    connect(m_addFolder, &QAction::triggered, this, &TrainPage::addFolder);
}

QList<QAction*> TrainPage::runActions() const
{
    return {m_new,
            m_list->resumeAction(),
            m_resumeWith,
            m_list->stopAction(),
            m_extend,
            m_queue->earlier(),
            m_queue->later(),
            m_clone,
            m_try,
            m_study,
            m_publish,
            m_list->renameAction(),
            m_list->deleteAction(),
            m_list->undoAction(),
            m_addFolder};
}

QWidget* TrainPage::makeRun()
{
    auto* header = new PaneHeader;
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_state->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    header->row().addWidget(m_state, 1);
    for (auto* action : {m_queue->earlier(), m_queue->later(), m_list->resumeAction(), m_list->stopAction(), m_extend,
                         m_clone, m_try, m_study, m_publish, m_list->deleteAction()}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        const auto keys = action->shortcut().toString(QKeySequence::NativeText);
        button->setToolTip(u"%1 (%2)"_s.arg(action->toolTip(), keys));
        header->row().addWidget(button);
        button->setVisible(action->isVisible());
        connect(action, &QAction::changed, button, [button, action] { button->setVisible(action->isVisible()); });
    }
    auto* curves = new QWidget;
    curves->setAutoFillBackground(true);
    curves->setBackgroundRole(QPalette::Base);
    auto* column = new QVBoxLayout(curves);
    column->setContentsMargins(Theme::grid(), 0, Theme::grid(), 0);
    column->setSpacing(0);
    column->addWidget(m_controls);
    column->addWidget(m_chart, 1);
    for (auto* text : {m_config, m_log}) {
        text->setReadOnly(true);
        text->setFrameShape(QFrame::NoFrame);
        text->setLineWrapMode(QPlainTextEdit::NoWrap);
        auto mono = QFont(u"monospace"_s);
        mono.setPointSizeF(m_theme.font(TypeRole::Caption).pointSizeF());
        text->setFont(mono);
    }
    m_config->setAccessibleName(tr("Job of the run"));
    m_log->setAccessibleName(tr("Log of the run"));
    m_differences->setAccessibleName(tr("What differs between the jobs"));
    auto* config = new QWidget;
    auto* configs = new QVBoxLayout(config);
    configs->setContentsMargins(0, 0, 0, 0);
    configs->addWidget(m_config);
    configs->addWidget(m_differences);
    for (auto* tree : {m_differences, m_checkpoints}) {
        tree->setRootIsDecorated(false);
        tree->setUniformRowHeights(true);
        tree->setFrameShape(QFrame::NoFrame);
    }
    m_tabs->setDocumentMode(true);
    m_tabs->setAccessibleName(tr("Details of the run"));
    m_tabs->addTab(m_samples, tr("Samples"));
    m_tabs->addTab(makeCheckpoints(), tr("Checkpoints"));
    m_tabs->addTab(config, tr("Job"));
    m_tabs->addTab(m_log, tr("Log"));
    auto* above = new QSplitter(Qt::Vertical);
    above->addWidget(curves);
    above->addWidget(m_tabs);
    above->setHandleWidth(1);
    above->setChildrenCollapsible(false);
    above->setStretchFactor(0, 3);
    above->setStretchFactor(1, 2);
    above->setSizes({Theme::grid(56), Theme::grid(28)});
    auto* run = new QWidget;
    auto* layout = new QVBoxLayout(run);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(header);
    layout->addWidget(m_trouble);
    layout->addWidget(above, 1);
    return run;
}

QWidget* TrainPage::makeCheckpoints()
{
    m_checkpoints->setHeaderLabels({tr("Step"), tr("Loss"), tr("Keeps"), tr("Stays")});
    m_checkpoints->setAccessibleName(tr("Checkpoints"));
    m_checkpoints->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    auto* hint =
        new QLabel(tr("A run goes on from its last states; older ones make room. With \"keep_models\" in its job, "
                      "what each evaluation looked at stays as a model for good, and can be tried and studied."));
    hint->setProperty("secondary", true);
    hint->setWordWrap(true);
    hint->setContentsMargins(Theme::grid(), Theme::grid(0.5), Theme::grid(), Theme::grid(0.5));
    auto* pane = new QWidget;
    auto* layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_checkpoints, 1);
    layout->addWidget(hint);
    return pane;
}

void TrainPage::connectViews()
{
    connect(m_list, &RunListPane::currentChanged, this, [this] {
        if (m_stack->currentWidget() == m_form && !current().isEmpty())
            m_stack->setCurrentWidget(m_run);
        m_queue->update(current());
        showCurrent();
        showRun();
    });
    connect(m_list, &RunListPane::updated, this, [this] {
        announceEnds();
        m_queue->update(current());
        m_controls->setOthers(m_runs.list(), current());
        showRun();
    });
    connect(m_list, &RunListPane::done, m_notice, &NoticeBar::clear);
    connect(m_list, &RunListPane::changing, this, &TrainPage::updateShown);
    connect(m_list, &RunListPane::resumeFailed, this, [this](const Error& why) {
        m_notice->showError(why);
        m_notice->offer(m_resumeWith);
    });
    connect(m_list, &RunListPane::reported, this, &TrainPage::reported);
    connect(m_queue, &RunQueueOrder::reported, this, &TrainPage::reported);
    connect(&m_runs, &TrainRuns::failed, this, &TrainPage::showError);
    connect(&m_runs, &TrainRuns::documentChanged, this, [this](const QString& run) {
        if (run == current())
            return showDocument();
        showConfig();
        rebuildCurves();
    });
    connect(&m_drawing, &QFutureWatcherBase::finished, this, &TrainPage::takeCurves);
    connect(m_controls, &TrainControls::optionsChanged, this, &TrainPage::rebuildCurves);
    connect(m_controls, &TrainControls::overlaysChanged, this, [this] {
        updateShown();
        showConfig();
        rebuildCurves();
    });
    connect(m_controls, &TrainControls::exportRequested, this, &TrainPage::exportAs);
    connect(m_chart, &CurveChart::stepActivated, this, [this](qint64 step) {
        m_samples->goToStep(step);
        m_tabs->setCurrentWidget(m_samples);
    });
    connect(m_checkpoints, &QTreeWidget::currentItemChanged, this, &TrainPage::showStatus);
    connect(m_form, &JobForm::startRequested, this, &TrainPage::start);
    connect(m_form, &JobForm::failed, this, &TrainPage::showError);
    connect(m_form, &JobForm::cancelled, this, [this] {
        m_stack->setCurrentWidget(m_empty);
        showRun();
        m_list->setFocus(Qt::OtherFocusReason);
    });
}

void TrainPage::exportAs(TrainControls::Export what)
{
    const auto curves = m_chart->curves();
    const auto document = m_runs.document(current());
    if (!curves || !document)
        return;
    const auto name = [this](const QString& suffix) { return current().section(u'/', -1) + u'.' + suffix; };
    const auto draw = [&](FigureFormat format, const QString& suffix) {
        saveFrom(*this, m_settings, tr("Save the curves"), name(suffix),
                 [this, curves, format](const QString& file) { exportCurves(*curves, m_theme, format, file); });
    };
    switch (what) {
    case TrainControls::Export::Pdf:
        return draw(FigureFormat::Pdf, u"pdf"_s);
    case TrainControls::Export::Svg:
        return draw(FigureFormat::Svg, u"svg"_s);
    case TrainControls::Export::Png:
        return draw(FigureFormat::Png, u"png"_s);
    case TrainControls::Export::Points:
        return saveFrom(*this, m_settings, tr("Save every point"), name(u"csv"_s),
                        [curves](const QString& file) { writeFile(file.toStdString(), curvesAsCsv(curves->runs)); });
    case TrainControls::Export::Job:
        return saveFrom(*this, m_settings, tr("Save the job"), name(u"json"_s),
                        [document](const QString& file) { writeFile(file.toStdString(), document->job); });
    }
}

} // namespace icae

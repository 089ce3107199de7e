// The parts of the Study page, how they hang together, and what leaves it. What it does is in study_page.cpp.
#include "pages/study/study_page.h"

#include "models/figure_options.h"
#include "pages/file_dialog.h"
#include "pages/runs/run_list_pane.h"
#include "pages/study/spec_fields.h"
#include "pages/study/study_details.h"
#include "pages/study/study_form.h"
#include "report/study_table.h"
#include "runs/run_reader.h"
#include "tensor/atomic_file.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/find_views.h"
#include "widgets/common/notice_bar.h"
#include "widgets/common/pane_header.h"
#include "widgets/plot/figure_export.h"
#include "widgets/plot/study_figure.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

StudyPage::StudyPage(const PageContext& context, QWidget* parent)
    : Page(parent)
    , m_theme(context.theme)
    , m_client(context.client)
    , m_settings(context.settings)
    , m_runs(context.client, this)
    , m_notice(new NoticeBar(m_theme))
    , m_trouble(new NoticeBar(m_theme))
    , m_list(new RunListPane(m_theme, m_client, m_runs, {tr("Studies"), tr("Rename the study"), u"studies"_s}))
    , m_stack(new QStackedWidget)
    , m_empty(new EmptyState(m_theme, u"study"_s, tr("No study yet"),
                             tr("A study compresses many texts and shows how much survives: by length, by slots, by "
                                "kind of text, by model, and at what cost.")))
    , m_form(new StudyForm(context))
    , m_study(nullptr)
    , m_state(new QLabel)
    , m_controls(new StudyControls(m_theme, figureOptionsFrom(m_settings.studyView())))
    , m_figure(new StudyFigure(m_theme))
    , m_caption(new QLabel)
    , m_table(new FindTree)
    , m_sorted(new QSortFilterProxyModel(this))
    , m_details(new StudyDetails(m_theme))
    , m_new(new QAction(m_theme.icon(u"edit"_s), tr("New study…"), this))
    , m_duplicate(new QAction(m_theme.icon(u"copy"_s), tr("Duplicate…"), this))
{
    makeActions();
    m_study = makeStudy();
    auto* create = new QPushButton(tr("New study…"));
    create->setProperty("primary", true);
    connect(create, &QPushButton::clicked, m_new, &QAction::trigger);
    m_empty->addAction(create);
    for (auto* widget : std::initializer_list<QWidget*>{m_empty, m_form, m_study})
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
    showStudy();
    m_list->select(m_settings.study());
}

void StudyPage::makeActions()
{
    m_new->setShortcut(QKeySequence::New);
    m_duplicate->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N));
    for (auto* action : {m_new, m_list->resumeAction(), m_list->stopAction(), m_duplicate, m_list->renameAction(),
                         m_list->deleteAction(), m_list->undoAction()}) {
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        addAction(action);
    }
    m_list->setCreateAction(m_new);
    m_list->addRunActions({m_duplicate});
    addActions({m_controls->actions().begin(), m_controls->actions().end()});
    connect(m_new, &QAction::triggered, this, [this] { openForm({}); });
    connect(m_duplicate, &QAction::triggered, this, [this] {
        if (const auto study = m_runs.document(current()))
            openForm(study->config.spec);
    });
}

QWidget* StudyPage::makeStudy()
{
    auto* header = new PaneHeader;
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_state->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    header->row().addWidget(m_state, 1);
    for (auto* action : {m_list->resumeAction(), m_list->stopAction(), m_duplicate, m_list->deleteAction()}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setToolTip(u"%1 (%2)"_s.arg(action->text(), action->shortcut().toString(QKeySequence::NativeText)));
        header->row().addWidget(button);
    }
    m_caption->setProperty("secondary", true);
    m_caption->setWordWrap(true);
    m_caption->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_caption->setContentsMargins(Theme::grid(), 0, Theme::grid(), Theme::grid());
    const auto restyle = [this] { m_caption->setFont(m_theme.font(TypeRole::Caption)); };
    connect(&m_theme, &Theme::changed, this, restyle);
    restyle();
    auto* figure = new QWidget;
    figure->setAutoFillBackground(true);
    figure->setBackgroundRole(QPalette::Base);
    auto* column = new QVBoxLayout(figure);
    column->setContentsMargins(Theme::grid(), 0, Theme::grid(), 0);
    column->setSpacing(0);
    column->addWidget(m_controls);
    column->addWidget(m_figure, 1);
    column->addWidget(m_caption);
    auto* beside = new QSplitter(Qt::Horizontal);
    beside->addWidget(figure);
    beside->addWidget(m_details);
    beside->setHandleWidth(1);
    beside->setChildrenCollapsible(false);
    beside->setStretchFactor(0, 1);
    beside->setSizes({Theme::grid(84), Theme::grid(28)});
    m_details->setMinimumWidth(Theme::grid(20));
    auto* above = new QSplitter(Qt::Vertical);
    above->addWidget(beside);
    above->addWidget(makeTable());
    above->setHandleWidth(1);
    above->setChildrenCollapsible(false);
    above->setStretchFactor(0, 3);
    above->setStretchFactor(1, 1);
    above->setSizes({Theme::grid(60), Theme::grid(20)});
    auto* study = new QWidget;
    auto* layout = new QVBoxLayout(study);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(header);
    layout->addWidget(m_trouble);
    layout->addWidget(above, 1);
    return study;
}

QWidget* StudyPage::makeTable()
{
    m_sorted->setSourceModel(&m_tableModel);
    m_sorted->setSortRole(StudyTableModel::RawRole);
    m_table->setModel(m_sorted);
    m_table->setRootIsDecorated(false);
    m_table->setUniformRowHeights(true);
    m_table->setSortingEnabled(true);
    m_table->header()->setSortIndicator(-1, Qt::AscendingOrder);
    m_table->header()->setSortIndicatorClearable(true);
    m_table->header()->setStretchLastSection(false);
    m_table->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setAccessibleName(tr("Cells of the study"));
    m_table->setMinimumHeight(Theme::grid(10));
    return m_table;
}

void StudyPage::connectViews()
{
    connect(m_list, &RunListPane::currentChanged, this, [this] {
        if (m_stack->currentWidget() == m_form && !current().isEmpty())
            m_stack->setCurrentWidget(m_study);
        showCurrent();
        showStudy();
    });
    connect(m_list, &RunListPane::updated, this, [this] {
        m_controls->setOthers(m_runs.list(), current());
        showStudy();
        showProblems();
    });
    connect(m_list, &RunListPane::done, m_notice, &NoticeBar::clear);
    connect(m_list, &RunListPane::changing, this, &StudyPage::updateShown);
    connect(m_list, &RunListPane::resumeFailed, this, &StudyPage::showError);
    connect(m_list, &RunListPane::reported, this, &StudyPage::reported);
    connect(&m_runs, &StudyRuns::failed, this, &StudyPage::showError);
    connect(&m_runs, &StudyRuns::documentChanged, this, [this] {
        rebuildFigure();
        showStatus();
    });
    connect(&m_drawing, &QFutureWatcherBase::finished, this, &StudyPage::takeFigure);
    connect(m_controls, &StudyControls::optionsChanged, this, [this] {
        m_settings.setStudyView(toJson(m_controls->options()));
        rebuildFigure();
    });
    connect(m_controls, &StudyControls::overlaysChanged, this, [this] {
        updateShown();
        rebuildFigure();
    });
    connect(m_controls, &StudyControls::exportRequested, this, &StudyPage::exportAs);
    connect(m_figure, &StudyFigure::sampleActivated, this, &StudyPage::openSample);
    connect(m_figure, &StudyFigure::cellActivated, this, [this](int study, int cell) {
        if (study != 0)
            return;
        showCell(cell);
        if (const auto row = m_tableModel.rowOf(cell); row >= 0) {
            const QSignalBlocker quiet(m_table->selectionModel());
            m_table->setCurrentIndex(m_sorted->mapFromSource(m_tableModel.index(row, 0)));
        }
    });
    connect(m_details, &StudyDetails::sampleActivated, this, [this](int cell, int sample) {
        openSample({0, cell, sample});
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& index) {
        if (index.isValid())
            showCell(m_tableModel.cellAt(m_sorted->mapToSource(index).row()));
    });
    connect(m_form, &StudyForm::startRequested, this, &StudyPage::start);
    connect(m_form, &StudyForm::cancelled, this, [this] {
        m_stack->setCurrentWidget(m_empty);
        showStudy();
        m_list->setFocus(Qt::OtherFocusReason);
    });
}

void StudyPage::exportAs(StudyControls::Export what)
{
    const auto study = m_runs.document(current());
    const auto figure = m_figure->figure();
    if (!study)
        return;
    const auto name = [this](const QString& suffix) { return current().section(u'/', -1) + u'.' + suffix; };
    const auto draw = [&](FigureFormat format, const QString& suffix) {
        if (!figure)
            return;
        saveFrom(*this, m_settings, tr("Save the figure"), name(suffix),
                 [this, figure, format](const QString& file) { exportFigure(*figure, m_theme, format, file); });
    };
    const auto copy = [&](StudyTableModel::Format format) {
        QGuiApplication::clipboard()->setText(m_tableModel.copy(format));
        Q_EMIT reported(tr("Copied the table"));
    };
    switch (what) {
    case StudyControls::Export::Pdf:
        return draw(FigureFormat::Pdf, u"pdf"_s);
    case StudyControls::Export::Png:
        return draw(FigureFormat::Png, u"png"_s);
    case StudyControls::Export::Svg:
        return draw(FigureFormat::Svg, u"svg"_s);
    case StudyControls::Export::Table:
        return copy(StudyTableModel::Format::Csv);
    case StudyControls::Export::Markdown:
        return copy(StudyTableModel::Format::Markdown);
    case StudyControls::Export::Latex:
        return copy(StudyTableModel::Format::Latex);
    case StudyControls::Export::Samples:
        return saveFrom(*this, m_settings, tr("Save every sample"), name(u"csv"_s), [study](const QString& file) {
            std::vector<StudySample> samples;
            for (const auto& cell : study->cells)
                samples.insert(samples.end(), cell->samples.begin(), cell->samples.end());
            writeFile(file.toStdString(), samplesAsCsv(samples));
        });
    case StudyControls::Export::Spec:
        return saveFrom(*this, m_settings, tr("Save the spec"), name(u"json"_s), [study](const QString& file) {
            writeFile(file.toStdString(), nlohmann::json(study->config.spec).dump(2) + "\n");
        });
    }
}

} // namespace icae

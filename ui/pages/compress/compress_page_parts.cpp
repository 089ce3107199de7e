// The parts of the Compress page, and how they hang together. What it does is in compress_page.cpp.
#include "pages/compress/compress_page.h"

#include "models/sample_texts.h"
#include "pages/compress/compress_controls.h"
#include "pages/compress/compress_export.h"
#include "pages/compress/memory_bar.h"
#include "pages/compress/recorded_bar.h"
#include "pages/compress/result_pane.h"
#include "pages/compress/source_pane.h"
#include "pages/compress/sweep_bar.h"
#include "pages/compress/token_pane.h"
#include "widgets/common/metrics_strip.h"
#include "widgets/common/notice_bar.h"
#include "widgets/text/overview_strip.h"

#include <QScrollBar>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>
#include <utility>

namespace icae {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto planDelay = 60ms; // after the last key; a newer text cancels the plan
constexpr auto rerunDelay = 500ms;
constexpr auto draftDelay = 500ms; // what a kill may lose

} // namespace

CompressPage::CompressPage(const PageContext& context, QWidget* parent)
    : Page(parent)
    , m_theme(context.theme)
    , m_client(context.client)
    , m_settings(context.settings)
    , m_catalog(context.catalog)
    , m_activities(context.activities)
    , m_geometry(3, this)
    , m_run(m_client, this)
    , m_controls(new CompressControls(m_theme, m_settings))
    , m_notice(new NoticeBar(m_theme))
    , m_recorded(new RecordedBar(m_theme))
    , m_sweep(m_client, this)
    , m_sweepBar(new SweepBar(m_theme))
    , m_memoryBar(new MemoryBar(m_theme))
    , m_source(new SourcePane(m_theme, m_geometry))
    , m_result(new ResultPane(m_theme, m_geometry))
    , m_overview(new OverviewStrip(m_theme, m_geometry))
    , m_metrics(new MetricsStrip(m_theme))
    , m_splitter(new QSplitter(Qt::Horizontal))
    , m_export(new CompressExport(context, *this, *m_result, this))
    , m_find([this] { return panesToSearch(); })
    , m_draft(m_settings.draftFile())
{
    setAcceptDrops(true);
    m_splitter->addWidget(m_source);
    m_splitter->addWidget(m_result);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 1);
    // Whatever a pane shows, it keeps its width.
    m_source->setMinimumSize(Theme::grid(38), Theme::grid(10));
    auto* panes = new QHBoxLayout;
    panes->setSpacing(0);
    panes->addWidget(m_splitter, 1);
    panes->addWidget(m_overview);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_controls);
    layout->addWidget(m_notice);
    layout->addWidget(m_recorded);
    layout->addWidget(m_memoryBar);
    layout->addWidget(m_sweepBar);
    layout->addLayout(panes, 1);
    layout->addWidget(m_metrics);

    m_draftTimer.setSingleShot(true);
    m_draftTimer.setInterval(draftDelay);
    connect(&m_draftTimer, &QTimer::timeout, this, &CompressPage::keepDraft);
    m_planTimer.setSingleShot(true);
    m_planTimer.setInterval(planDelay);
    connect(&m_planTimer, &QTimer::timeout, this, &CompressPage::requestPlan);
    m_rerunTimer.setSingleShot(true);
    m_rerunTimer.setInterval(rerunDelay);
    connect(&m_rerunTimer, &QTimer::timeout, this, &CompressPage::rerun);
    setFocusProxy(&m_source->editor());
    addAction(m_recorded->backAction());
    connect(m_memoryBar->closeAction(), &QAction::triggered, this, &CompressPage::closeMemory);
    connect(m_recorded->backAction(), &QAction::triggered, this, &Page::backRequested);
    connectSource();
    connectResult();
    connectScrolling();
    connectSweep();
    connect(&m_client, &EngineClient::modelChanged, this, &CompressPage::onModelChanged);
    connect(&m_catalog, &ModelCatalog::loadingChanged, this, &CompressPage::onLoadingChanged);
    connect(&m_catalog, &ModelCatalog::loaded, this, [this] {
        m_notice->clearError();
        if (std::exchange(m_waitingForModel, false) && m_plan)
            run(); // otherwise once it is planned
    });
    onModelChanged();
}

bool CompressPage::event(QEvent* event)
{
    if (event->type() == QEvent::Resize || event->type() == QEvent::LayoutRequest)
        foldPanes();
    return Page::event(event);
}

QSize CompressPage::minimumSizeHint() const
{
    const int panes = std::max(m_source->minimumWidth(), m_result->minimumSizeHint().width()) + m_overview->width();
    return {std::max({panes, m_controls->minimumSizeHint().width(), m_metrics->minimumSizeHint().width()}),
            Page::minimumSizeHint().height()};
}

/// Panes stand side by side where both have room to be read, else one above the other.
void CompressPage::foldPanes()
{
    const int both = m_source->minimumWidth() + m_result->minimumSizeHint().width() + m_overview->width();
    const auto orientation = width() < both ? Qt::Vertical : Qt::Horizontal;
    if (orientation == m_splitter->orientation() && m_arranged)
        return;
    m_arranged = true;
    m_splitter->setOrientation(orientation);
    m_splitter->setSizes({1000, 1000});
}

void CompressPage::connectSource()
{
    auto& editor = m_source->editor();
    connect(&editor, &SourceEditor::sourceChanged, this, &CompressPage::onSourceChanged);
    connect(&editor, &SourceEditor::sourceChanged, this, [this] {
        if (std::exchange(m_isKnown, false))
            m_known = source();
        if (!m_draftTimer.isActive())
            m_draftTimer.start();
    });
    connect(&editor, &SourceEditor::filesDropped, this, &CompressPage::openDropped);
    connect(&editor, &SourceEditor::pointedAt, this, [this](TextRange range) { link(range, true); });
    connect(&editor, &SourceEditor::pointerLeft, this, &CompressPage::unlink);
    addAction(m_source->editAction()); // also where the pane is hidden
    connect(m_source, &SourcePane::editingChanged, this, &CompressPage::arrangePanes);
    connect(m_source, &SourcePane::sampleRequested, this, [this] { openSample(u"ferry"_s); });
    connect(m_source, &SourcePane::openRequested, this, &CompressPage::chooseFile);
    connect(m_controls, &CompressControls::sampleChosen, this, &CompressPage::openSample);
    connect(m_controls, &CompressControls::fileChosen, this, &CompressPage::openFile);
    connect(m_controls->openAction(), &QAction::triggered, this, &CompressPage::chooseFile);
    connect(m_controls->saveMemoryAction(), &QAction::triggered, this, &CompressPage::saveMemory);
    m_controls->setSpanAtCursor([this] { return spanAtCursor(); });
    connect(m_controls, &CompressControls::runRequested, this, &CompressPage::run);
    connect(m_controls, &CompressControls::stopRequested, this, &CompressPage::stop);
    connect(m_controls, &CompressControls::planChanged, this, &CompressPage::onSourceChanged);
    connect(m_controls, &CompressControls::samplingChanged, this, &CompressPage::onSourceChanged);
    connect(m_controls, &CompressControls::rerunSwitchedOn, this, [this] {
        if (m_plan && isStale())
            m_rerunTimer.start(); // without a plan it follows that
    });
}

void CompressPage::connectResult()
{
    connect(&m_run, &ReconstructionRun::started, this, [this] {
        m_notice->clear();
        m_firstDocument = true;
        m_changed = false;
        m_ranWith = m_modelKey;
        m_controls->setRunning(true);
        m_result->setRunning(true);
        m_result->setStale(m_view.result != nullptr); // until the new one begins
        updateReady();
    });
    connect(&m_run, &ReconstructionRun::documentReady, this, [this](const DiffDocumentPtr& document, int firstChanged) {
        m_geometry.reset(static_cast<int>(document->rows.size()), firstChanged);
        const bool first = !m_source->column().document();
        const bool begins = std::exchange(m_firstDocument, false);
        if (begins) { // the figures of the result before are not this one's
            m_result->setStale(false);
            m_result->tokens().setDocuments(nullptr, nullptr, nullptr);
            m_metrics->setReconstruction(std::nullopt);
            if (m_plan)
                m_metrics->setPlan(m_plan->tokens, m_plan->slots);
        }
        m_source->setDocument(document, firstChanged);
        m_result->setDocument(document, firstChanged);
        m_overview->setDocument(document);
        m_geometry.commit();
        const auto& asked = m_run.asked();
        if (begins && !asked.empty() && asked.front() < std::ssize(document->spans)) {
            const auto begin = document->spans[static_cast<std::size_t>(asked.front())].source.begin;
            for (auto* column : {&m_source->column(), &m_result->column(), &m_result->inlineColumn()})
                column->setTopRow(document->rowAtSource(begin));
        }
        // The rows go side by side as it begins, but an editor in use stays: who writes there, or opened it since the
        // run began, goes on writing.
        const bool written = m_changed && m_recorded->isHidden();
        const bool inUse = m_source->editor().hasFocus() && (written || (!first && m_controls->rerunsOnChange()));
        if (begins && m_source->isEditing() && !inUse)
            m_source->setEditing(false);
    });
    connect(&m_run, &ReconstructionRun::finished, this, &CompressPage::onFinished);
    connect(&m_run, &ReconstructionRun::failed, this, [this](const Error& why) {
        m_controls->setRunning(false);
        m_result->setRunning(false);
        m_result->setStale(m_view.diff && m_view.diff == m_source->column().document());
        m_lostRun = why.kind() == ErrorKind::EngineLost;
        if (why.kind() != ErrorKind::Cancelled)
            showError(why);
        updateReady();
        rerunIfChanged();
    });
    for (auto* column : {&m_source->column(), &m_result->column(), &m_result->inlineColumn()}) {
        connect(column, &ProseColumn::pointedAt, this, &CompressPage::link);
        connect(column, &ProseColumn::pointerLeft, this, &CompressPage::unlink);
    }
    connect(&m_source->column(), &ProseColumn::differenceClicked, m_result, &ResultPane::goToDifference);
    connect(&m_result->tokens(), &TokenPane::pointedAt, this, &CompressPage::link);
    connect(m_result, &ResultPane::currentDifferenceChanged, this, [this](int difference) {
        m_source->setEditing(false);
        m_source->column().setCurrentDifference(difference);
        m_overview->setCurrentDifference(difference);
    });
    connect(m_result, &ResultPane::modeChanged, this, &CompressPage::arrangePanes);
    connect(m_result, &ResultPane::filterChanged, this, [this] {
        m_overview->setFilter(m_result->filter());
        m_source->column().setFilter(m_result->filter());
    });
    m_result->lockAction()->setChecked(m_settings.scrollLocked());
    connect(m_result->lockAction(), &QAction::toggled, &m_settings, &Settings::setScrollLocked);
}

void CompressPage::arrangePanes()
{
    const bool alone = m_result->mode() == ResultPane::Mode::Inline && !m_source->isEditing();
    if (m_source->isHidden() != alone) {
        m_source->setHidden(alone);
        m_geometry.setColumnShown(0, !alone);
        m_geometry.commit();
    }
    if (m_result->lockAction()->isChecked() && m_result->mode() == ResultPane::Mode::SideBySide)
        m_source->column().setTopRow(m_result->column().topRow());
    m_find.refresh();
}

std::vector<FindPanes::Pane> CompressPage::panesToSearch() const
{
    std::vector<FindPanes::Pane> panes;
    if (!m_source->isHidden())
        panes.push_back({tr("Source"), &m_source->findTarget()});
    if (auto* target = m_result->findTarget())
        panes.push_back({tr("Reconstruction"), target});
    return panes;
}

void CompressPage::connectScrolling()
{
    auto* left = m_source->column().verticalScrollBar();
    const auto showPart = [this](ProseColumn* column) {
        m_overview->setVisiblePart(column->verticalScrollBar()->value(), column->viewport()->height());
    };
    for (auto* column : {&m_result->column(), &m_result->inlineColumn()}) {
        auto* right = column->verticalScrollBar();
        connect(left, &QScrollBar::valueChanged, column, [this, right](int value) {
            if (m_result->lockAction()->isChecked() && m_source->column().isVisible())
                right->setValue(value); // also while it is hidden: it comes back
        });
        connect(right, &QScrollBar::valueChanged, this, [this, left, column, showPart](int value) {
            if (m_result->lockAction()->isChecked() && column->isVisible())
                left->setValue(value);
            if (column->isVisible())
                showPart(column);
        });
    }
    connect(&m_geometry, &RowGeometry::changed, this, [this, showPart] {
        showPart(m_result->mode() == ResultPane::Mode::Inline ? &m_result->inlineColumn() : &m_result->column());
    });
    connect(m_overview, &OverviewStrip::rowRequested, this, [this](int row) {
        for (auto* column : {&m_source->column(), &m_result->column(), &m_result->inlineColumn()})
            column->showRow(row);
    });
}

void CompressPage::link(TextRange range, bool ofSource)
{
    const auto document = m_source->column().document();
    auto& tokens = m_result->tokens();
    const bool aligned = document && !m_source->isEditing();
    // A single character under the pointer says little: its token is what is marked.
    const auto pointed = aligned && range.size() == 1 ? tokens.tokenRange(range.begin, ofSource) : range;
    TextRange ours = ofSource ? pointed : TextRange{};
    TextRange theirs = ofSource ? TextRange{} : pointed;
    if (aligned && range.size() > 0) {
        if (ofSource)
            theirs = document->toReconstruction(pointed);
        else
            ours = document->toSource(pointed);
    }
    tokens.view().setLinked(tokens.isTeacherForced() ? ours : theirs);
    m_source->editor().setLinked(m_source->isEditing() ? ours : TextRange{});
    for (auto* column : {&m_source->column(), &m_result->column(), &m_result->inlineColumn()})
        column->setLinked(ours, theirs);
}

void CompressPage::unlink()
{
    link({}, true);
    m_source->editor().setLinked({});
    for (auto* column : {&m_source->column(), &m_result->column(), &m_result->inlineColumn()})
        column->setLinked({}, {});
}

int CompressPage::spanAtCursor() const
{
    const auto document = m_source->column().document();
    qsizetype at = m_source->editor().sourcePosition();
    if (!m_source->isEditing() && document) {
        const int current = m_result->currentDifference();
        const auto row = static_cast<std::size_t>(m_source->column().topRow());
        if (current >= 0 && current < std::ssize(document->differences))
            at = document->differences[static_cast<std::size_t>(current)].source.begin;
        else if (row < document->rows.size())
            at = document->rows[row].source.begin;
    }
    const auto& spans = m_source->editor().spans();
    const auto found =
        std::find_if(spans.begin(), spans.end(), [at](const SpanBand& span) { return at < span.source.end; });
    return found == spans.end() ? static_cast<int>(spans.size()) - 1 : static_cast<int>(found - spans.begin());
}

} // namespace icae

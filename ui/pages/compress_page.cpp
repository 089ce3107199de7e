#include "pages/compress_page.h"

#include "models/sample_texts.h"
#include "models/text_file.h"
#include "models/utf16_offsets.h"
#include "pages/compress_controls.h"
#include "pages/compress_export.h"
#include "pages/result_pane.h"
#include "pages/source_pane.h"
#include "pages/token_pane.h"
#include "widgets/metrics_strip.h"
#include "widgets/notice_bar.h"
#include "widgets/overview_strip.h"

#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QLocale>
#include <QMimeData>
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

/// E.g. "1,204 tokens · 3 spans → 192 slots · 6.3×".
QString summaryOf(const TextPlan& plan)
{
    if (plan.tokens == 0 || plan.slots == 0)
        return {};
    const auto spans = plan.spans.size();
    const auto ratio = static_cast<double>(plan.tokens) / static_cast<double>(plan.slots);
    const auto times = QString::number(ratio, 'f', ratio < 1 ? 2 : 1);
    return CompressPage::tr("%L1 tokens · %2 → %L3 slots · %4")
        .arg(plan.tokens)
        .arg(spans == 1 ? CompressPage::tr("1 span") : CompressPage::tr("%L1 spans").arg(spans))
        .arg(plan.slots)
        .arg(ratio < 1 ? CompressPage::tr("%1×, expands").arg(times) : CompressPage::tr("%1×").arg(times));
}

} // namespace

CompressPage::CompressPage(const Theme& theme, EngineClient& client, Settings& settings, QWidget* parent)
    : Page(parent)
    , m_theme(theme)
    , m_client(client)
    , m_settings(settings)
    , m_geometry(3, this)
    , m_run(client)
    , m_controls(new CompressControls(theme, settings))
    , m_notice(new NoticeBar(theme))
    , m_source(new SourcePane(theme, m_geometry))
    , m_result(new ResultPane(theme, m_geometry))
    , m_overview(new OverviewStrip(theme, m_geometry))
    , m_metrics(new MetricsStrip(theme))
    , m_splitter(new QSplitter(Qt::Horizontal))
    , m_export(new CompressExport(theme, client, *this, *m_result, this))
{
    setAcceptDrops(true);
    m_splitter->addWidget(m_source);
    m_splitter->addWidget(m_result);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({1000, 1000});
    // Whatever a pane shows, it keeps its width.
    m_source->setMinimumWidth(Theme::grid(38));
    m_result->setMinimumWidth(Theme::grid(68));
    auto* panes = new QHBoxLayout;
    panes->setSpacing(0);
    panes->addWidget(m_splitter, 1);
    panes->addWidget(m_overview);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_controls);
    layout->addWidget(m_notice);
    layout->addLayout(panes, 1);
    layout->addWidget(m_metrics);

    m_planTimer.setSingleShot(true);
    m_planTimer.setInterval(planDelay);
    connect(&m_planTimer, &QTimer::timeout, this, &CompressPage::requestPlan);
    m_rerunTimer.setSingleShot(true);
    m_rerunTimer.setInterval(rerunDelay);
    connect(&m_rerunTimer, &QTimer::timeout, this, &CompressPage::rerun);
    setFocusProxy(&m_source->editor());
    connectSource();
    connectResult();
    connectScrolling();
    connect(&m_client, &EngineClient::modelChanged, this, &CompressPage::onModelChanged);
    onModelChanged();
}

void CompressPage::connectSource()
{
    auto& editor = m_source->editor();
    connect(&editor, &SourceEditor::sourceChanged, this, &CompressPage::onSourceChanged);
    connect(&editor, &SourceEditor::filesDropped, this, &CompressPage::openDropped);
    connect(&editor, &SourceEditor::pointedAt, this, [this](TextRange range) { link(range, true); });
    connect(&editor, &SourceEditor::pointerLeft, this, &CompressPage::unlink);
    addAction(m_source->editAction()); // also where the pane is hidden
    connect(m_source, &SourcePane::editingChanged, this, &CompressPage::arrangePanes);
    connect(m_source, &SourcePane::sampleRequested, this, [this] { setSource(sampleText(u"ferry"_s)); });
    connect(m_source, &SourcePane::openRequested, this, &CompressPage::chooseFile);
    connect(m_controls, &CompressControls::sampleChosen, this, [this](const QString& id) {
        setSource(sampleText(id));
        m_sourceName = id;
    });
    connect(m_controls, &CompressControls::fileChosen, this, &CompressPage::openFile);
    connect(m_controls->openAction(), &QAction::triggered, this, &CompressPage::chooseFile);
    connect(m_controls->saveMemoryAction(), &QAction::triggered, this, &CompressPage::saveMemory);
    connect(m_controls, &CompressControls::runRequested, this, &CompressPage::run);
    connect(m_controls, &CompressControls::stopRequested, &m_run, &ReconstructionRun::stop);
    connect(m_controls, &CompressControls::planChanged, this, &CompressPage::onSourceChanged);
    connect(m_controls, &CompressControls::samplingChanged, this, &CompressPage::onSourceChanged);
}

void CompressPage::connectResult()
{
    connect(&m_run, &ReconstructionRun::started, this, [this] {
        m_notice->clear();
        m_firstDocument = true;
        m_changed = false;
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
        // An editor in use stays; otherwise the rows go side by side.
        if (m_source->isEditing() && (first || !m_source->editor().hasFocus() || !m_controls->rerunsOnChange()))
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
    if (m_source->isHidden() == alone)
        return;
    m_source->setHidden(alone);
    m_geometry.setColumnShown(0, !alone);
    m_geometry.commit();
}

void CompressPage::connectScrolling()
{
    auto* left = m_source->column().verticalScrollBar();
    const auto showPart = [this](ProseColumn* column) {
        m_overview->setVisiblePart(column->verticalScrollBar()->value(), column->viewport()->height());
    };
    for (auto* column : {&m_result->column(), &m_result->inlineColumn()}) {
        auto* right = column->verticalScrollBar();
        connect(left, &QScrollBar::valueChanged, column, [this, right, column](int value) {
            if (m_result->lockAction()->isChecked() && column->isVisible())
                right->setValue(value);
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

QString CompressPage::source() const
{
    return m_source->editor().source();
}

void CompressPage::setSource(const QString& text)
{
    m_sourceName.clear();
    m_source->setEditing(true);
    m_source->editor().setSource(text);
}

void CompressPage::openFile(const QString& path)
{
    try {
        setSource(readTextFile(path));
    } catch (const Error& error) {
        showError(error);
        return;
    }
    m_sourceName = QFileInfo(path).fileName();
    m_settings.addRecentFile(path);
}

void CompressPage::openDropped(const QList<QUrl>& files)
{
    openFile(files.front().toLocalFile());
    if (files.size() > 1)
        Q_EMIT reported(tr("Opened the first of %L1 files").arg(files.size()));
}

void CompressPage::chooseFile()
{
    auto* dialog = new QFileDialog(this, tr("Open a text"), {},
                                   tr("Texts (*.txt *.md *.tex *.py *.cpp *.json *.csv);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &CompressPage::openFile);
    dialog->open();
}

void CompressPage::showError(const Error& error)
{
    m_notice->showError(error);
}

void CompressPage::showWarning(const QString& message, const QString& remedy)
{
    m_notice->showWarning(message, remedy);
}

ProseColumn& CompressPage::sourceColumn()
{
    return m_source->column();
}

QAction* CompressPage::saveMemoryAction() const
{
    return m_controls->saveMemoryAction();
}

void CompressPage::onModelChanged()
{
    const auto& model = m_client.model();
    const auto key =
        model ? model->base + '\n' + model->adapter + '\n' + model->device + '\n' + model->dtype : std::string();
    if (key == m_modelKey && !key.empty())
        return; // told again, by a status report
    m_modelKey = key;
    m_controls->setModel(model);
    onSourceChanged();
}

void CompressPage::onSourceChanged()
{
    m_changed = true;
    m_result->setStale(m_view.result != nullptr);
    m_plan.reset();
    if (m_planRequest >= 0) {
        m_planStale = true;
        m_client.cancel(m_planRequest);
    }
    m_planTimer.start();
    updateReady();
}

void CompressPage::updateReady()
{
    const auto& model = m_client.model();
    const bool canWrite = model
        && std::find(model->specialTokens.begin(), model->specialTokens.end(), "AE") != model->specialTokens.end();
    const bool hasText = !m_source->editor().document()->isEmpty();
    m_controls->setReady(canWrite && hasText && !m_run.isRunning());
    m_controls->saveMemoryAction()->setEnabled(m_view.result != nullptr);
    if (!model)
        m_result->setEmptyText(tr("No model loaded"),
                               tr("Choose a model at the top, or load one on the Models page (Ctrl+2)."));
    else if (!canWrite)
        m_result->setEmptyText(tr("This model cannot write texts back"),
                               tr("Its adapter has no [AE] token. Choose an adapter trained for autoencoding."));
    else if (m_run.isRunning())
        m_result->setEmptyText(tr("Compressing…"),
                               tr("What is written back from the memory slots appears here as it comes."));
    else
        m_result->setEmptyText(tr("No reconstruction yet"),
                               tr("Press Ctrl+Enter: the source is compressed into memory slots and "
                                  "written back from them, sentence beside sentence."));
}

void CompressPage::requestPlan()
{
    if (!m_client.model() || m_source->editor().isInserting()) {
        showPlan();
        return;
    }
    if (m_planRequest >= 0) // one at a time; the next follows when it ends
        return;
    m_planStale = false;
    const auto params = m_controls->source();
    m_planRequest =
        m_client.call(protocol::textPlan, {source().toStdString(), params.slots, params.spanTokens, false}, this,
                      {.done = [this](const TextPlan& plan) { takePlan(plan); },
                       .failed = [this](const Error& why) { onPlanFailed(why); }});
}

void CompressPage::takePlan(const TextPlan& plan)
{
    m_planRequest = -1;
    if (m_planStale) {
        if (!m_planTimer.isActive())
            requestPlan();
        return;
    }
    m_plan = plan;
    showPlan();
    if (m_runWhenPlanned) {
        m_runWhenPlanned = false;
        run();
    } else if (!std::exchange(m_lostRun, false) && m_controls->rerunsOnChange() && m_view.result) {
        m_rerunTimer.start();
    }
}

void CompressPage::onPlanFailed(const Error& why)
{
    m_planRequest = -1;
    if (why.kind() == ErrorKind::Cancelled) { // for a newer text, or by Stop, which was meant for the run that waits
        if (!m_planStale)
            m_runWhenPlanned = false;
        if (!m_planTimer.isActive())
            requestPlan();
        return;
    }
    m_planStale = false;
    m_runWhenPlanned = false;
    if (why.kind() != ErrorKind::EngineLost) // the window tells of that
        m_notice->showWarning(QString::fromStdString(why.message()), QString::fromStdString(why.remedy()));
}

void CompressPage::showPlan()
{
    if (!m_plan) {
        m_source->editor().setSpans({});
        m_source->setSummary({});
        return;
    }
    const auto text = source().toStdString();
    const Utf16Offsets offsets(text);
    std::vector<SpanBand> bands;
    for (const auto& span : m_plan->spans)
        bands.push_back({{offsets.toUtf16(static_cast<std::size_t>(span.begin)),
                          offsets.toUtf16(static_cast<std::size_t>(span.end))},
                         {},
                         tr("%L1 → %L2").arg(span.tokens).arg(span.slots),
                         {}});
    m_source->editor().setSpans(std::move(bands));
    const auto spans = m_plan->spans.size();
    m_source->setSummary(summaryOf(*m_plan));
    m_controls->setSpanCount(static_cast<int>(spans));
    if (!m_view.result)
        m_metrics->setPlan(m_plan->tokens, m_plan->slots);
    QStringList warnings;
    if (m_plan->tokens > 0)
        for (const auto& warning : m_plan->warnings)
            warnings += QString::fromStdString(warning.message + ' ' + warning.remedy);
    if (warnings.empty())
        m_notice->clearWarning();
    else
        m_notice->showWarning(warnings.join(u'\n'), {});
}

void CompressPage::run()
{
    if (m_run.isRunning() || !m_client.model() || m_source->editor().document()->isEmpty())
        return;
    m_rerunTimer.stop();
    if (!m_plan) { // spans are what streams; they are known in a moment
        m_runWhenPlanned = true;
        m_planTimer.stop();
        requestPlan();
        return;
    }
    ReconstructParams params;
    params.source = m_controls->source();
    params.source.name = m_sourceName.toStdString();
    params.sampling = m_controls->sampling();
    m_run.start(source(), *m_plan, params);
}

void CompressPage::rerun()
{
    m_runAgain = m_run.isRunning();
    if (m_runAgain)
        m_run.stop();
    else
        run();
}

void CompressPage::rerunIfChanged()
{
    if (std::exchange(m_runAgain, false))
        m_rerunTimer.start();
}

void CompressPage::onFinished(const ReconstructionView& view)
{
    m_view = view;
    m_controls->setRunning(false);
    m_result->setRunning(false);
    m_result->setResult(view);
    m_result->setStale(m_changed);
    m_metrics->setReconstruction(view.result->reconstruction);
    updateReady();
    const auto& reconstruction = view.result->reconstruction;
    const auto& seconds = reconstruction.seconds;
    const auto total = seconds.compress + seconds.prefill + seconds.decode;
    const auto differences = view.diff->differences.size();
    Q_EMIT reported(tr("%1 %L2 tokens from %L3 slots in %4 s · %5")
                        .arg(reconstruction.stopped ? tr("Stopped after") : tr("Reconstructed"))
                        .arg(reconstruction.generatedTokens)
                        .arg(reconstruction.slots)
                        .arg(total, 0, 'f', total < 10 ? 1 : 0)
                        .arg(differences == 0       ? tr("no differences")
                                 : differences == 1 ? tr("1 difference")
                                                    : tr("%L1 differences").arg(differences)));
    rerunIfChanged();
}

void CompressPage::saveMemory()
{
    if (!m_view.result)
        return;
    auto* dialog =
        new QFileDialog(this, tr("Save the memory"), u"memory.safetensors"_s, tr("Memories (*.safetensors)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    connect(dialog, &QFileDialog::fileSelected, this, [this, id = m_view.result->memory.id](const QString& path) {
        m_client.call(protocol::memorySave, {id, path.toStdString()}, this,
                      {.failed = [this](const Error& why) { showError(why); }});
    });
    dialog->open();
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

void CompressPage::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls() || event->mimeData()->hasText())
        event->acceptProposedAction();
}

void CompressPage::dropEvent(QDropEvent* event)
{
    const auto urls = event->mimeData()->urls();
    if (!urls.isEmpty() && urls.front().isLocalFile())
        openDropped(urls);
    else if (event->mimeData()->hasText())
        setSource(event->mimeData()->text());
    event->acceptProposedAction();
}

std::vector<ShortcutGroup> CompressPage::shortcuts() const
{
    ShortcutGroup text{tr("Compress"), {}};
    for (auto* action : m_controls->shortcutActions())
        text.entries.push_back(action);
    text.entries.push_back(m_source->editAction());
    std::vector<ShortcutGroup> groups{text};
    for (auto& group : m_result->shortcuts())
        groups.push_back(std::move(group));
    groups[1].entries += m_export->shortcuts();
    return groups;
}

std::pair<FindTarget*, QWidget*> CompressPage::findTarget()
{
    auto* focus = focusWidget();
    const bool right = m_result->findTarget() != nullptr
        && (m_source->isHidden() || (focus != nullptr && m_result->isAncestorOf(focus)));
    if (right)
        return {m_result->findTarget(), &m_result->currentView()};
    return {&m_source->findTarget(), &m_source->findView()};
}

} // namespace icae

#include "pages/compress/compress_page.h"

#include "models/utf16_offsets.h"
#include "pages/compress/compress_controls.h"
#include "pages/compress/compress_export.h"
#include "pages/compress/recorded_bar.h"
#include "pages/compress/result_pane.h"
#include "pages/compress/source_pane.h"
#include "pages/compress/sweep_bar.h"
#include "pages/compress/token_pane.h"
#include "widgets/common/metrics_strip.h"
#include "widgets/common/notice_bar.h"

#include <QLocale>

#include <algorithm>
#include <utility>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

/// E.g. "1,204 tokens · 3 spans → 192 slots · 6.3×".
QString summaryOf(const TextPlan& plan)
{
    if (plan.tokens == 0 || plan.slots == 0)
        return {};
    const auto spans = plan.spans.size();
    const auto ratio = static_cast<double>(plan.tokens) / static_cast<double>(plan.slots);
    const auto times = QLocale().toString(ratio, 'f', ratio < 1 ? 2 : 1);
    return CompressPage::tr("%L1 tokens · %2 → %L3 slots · %4")
        .arg(plan.tokens)
        .arg(spans == 1 ? CompressPage::tr("1 span") : CompressPage::tr("%L1 spans").arg(spans))
        .arg(plan.slots)
        .arg(ratio < 1 ? CompressPage::tr("%1×, expands").arg(times) : CompressPage::tr("%1×").arg(times));
}

} // namespace

QString CompressPage::source() const
{
    return m_source->editor().source();
}

void CompressPage::showError(const Error& error)
{
    m_notice->showError(error);
}

void CompressPage::clearError()
{
    m_notice->clearError();
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
    planAgain();
}

void CompressPage::onSourceChanged()
{
    m_changed = true;
    if (!m_sweepBar->isHidden())
        closeSweep(); // it is of another text, or of other spans
    planAgain();
}

bool CompressPage::isStale() const
{
    return m_view.result != nullptr && (m_changed || (!m_modelKey.empty() && m_modelKey != m_ranWith));
}

void CompressPage::planAgain()
{
    m_result->setStale(isStale());
    m_plan.reset();
    if (m_planRequest >= 0) {
        m_planStale = true;
        m_client.cancel(m_planRequest);
    }
    m_planTimer.start();
    updateReady();
}

bool CompressPage::canWriteBack() const
{
    const auto& model = m_client.model();
    return model
        && std::find(model->specialTokens.begin(), model->specialTokens.end(), "AE") != model->specialTokens.end();
}

void CompressPage::onLoadingChanged()
{
    if (m_waitingForModel && m_catalog.loadingName().isEmpty()) { // it will not come
        m_waitingForModel = false;
        setWaiting(false);
    }
    updateReady();
}

void CompressPage::updateReady()
{
    const auto& model = m_client.model();
    const bool canWrite = canWriteBack();
    const auto loading = m_catalog.loadingName();
    const bool hasText = !m_source->editor().document()->isEmpty() || m_memory;
    m_controls->setReady((canWrite || !loading.isEmpty()) && hasText && !isRunning());
    m_controls->saveMemoryAction()->setEnabled(m_view.result != nullptr && !m_view.result->memory.id.empty());
    if (!loading.isEmpty() && !m_run.isRunning())
        m_result->setEmptyText(tr("Loading %1…").arg(loading),
                               m_waiting ? tr("The text is compressed as soon as the model is there.")
                                         : tr("Press Ctrl+Enter, and the text is compressed as soon as it is there."));
    else if (!model)
        m_result->setEmptyText(tr("No model loaded"), tr("Choose a model at the top, or load one on the Models page."));
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
        if (!m_client.model() && !m_waitingForModel)
            setWaiting(false);
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
    if (m_introduces && !m_waiting) {
        introduce();
    } else if (m_waiting) {
        setWaiting(false);
        run();
    } else if (!std::exchange(m_lostRun, false) && m_controls->rerunsOnChange() && isStale()) {
        m_rerunTimer.start();
    }
}

void CompressPage::onPlanFailed(const Error& why)
{
    m_planRequest = -1;
    if (why.kind() == ErrorKind::Cancelled) { // for a newer text, or by Stop, which was not meant for it
        if (!m_planTimer.isActive())
            requestPlan();
        return;
    }
    m_planStale = false;
    setWaiting(false);
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
    m_controls->setSpanCount(static_cast<int>(m_memory ? m_memory->spans.size() : spans));
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
    m_introduces = false;
    if (isRunning() || (m_source->editor().document()->isEmpty() && !m_memory))
        return;
    m_rerunTimer.stop();
    m_waitingForModel = !m_catalog.loadingName().isEmpty();
    if (m_waitingForModel) {
        setWaiting(true);
        updateReady();
        return;
    }
    setWaiting(m_waiting && m_client.model() && !m_plan);
    if (!canWriteBack())
        return;
    if (m_memory) {
        readMemory();
        return;
    }
    if (!m_plan) { // spans are what streams; they are known in a moment
        setWaiting(true);
        m_planTimer.stop();
        requestPlan();
        return;
    }
    ReconstructParams params;
    params.source = m_controls->source();
    params.source.name = m_sourceName.toStdString();
    params.sampling = m_controls->sampling();
    m_recorded->clear();
    m_run.start(source(), *m_plan, params);
}

void CompressPage::stop()
{
    m_waitingForModel = false;
    setWaiting(false);
    m_introduces = false;
    updateReady();
    m_sweep.stop();
    m_run.stop();
}

void CompressPage::setWaiting(bool waiting)
{
    if (waiting == m_waiting)
        return;
    m_waiting = waiting;
    m_controls->setRunning(waiting || m_run.isRunning());
    m_activities.setWaiting(this,
                            !waiting                ? QString()
                                : m_waitingForModel ? tr("Waiting for the model")
                                                    : tr("Counting tokens"));
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
    m_controls->setRunning(m_sweep.isRunning());
    m_result->setRunning(false);
    m_result->setResult(view);
    m_result->setStale(isStale());
    m_metrics->setReconstruction(view.result->reconstruction);
    if (!view.remark.isEmpty())
        m_notice->showWarning(view.remark, {});
    updateReady();
    if (!m_recorded->isHidden() || !m_sweepBar->isHidden())
        return introduce(); // there is nothing to tell of a run
    const auto& reconstruction = view.result->reconstruction;
    const auto total = m_run.seconds();
    const auto differences = view.diff->differences.size();
    Q_EMIT reported(tr("%1 %L2 tokens from %L3 slots in %L4 s · %5")
                        .arg(reconstruction.stopped ? tr("Stopped after") : tr("Reconstructed"))
                        .arg(reconstruction.generatedTokens)
                        .arg(reconstruction.slots)
                        .arg(total, 0, 'f', total < 10 ? 1 : 0)
                        .arg(differences == 0       ? tr("no differences")
                                 : differences == 1 ? tr("1 difference")
                                                    : tr("%L1 differences").arg(differences)));
    rerunIfChanged();
}

std::vector<ShortcutGroup> CompressPage::shortcuts() const
{
    ShortcutGroup text{tr("Compress"), {}};
    for (auto* action : m_controls->shortcutActions())
        text.entries.push_back(action);
    text.entries.push_back(m_source->editAction());
    text.entries.push_back(m_recorded->backAction());
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
    m_find.setFirst(right ? m_result->findTarget() : &m_source->findTarget());
    return {&m_find, right ? &m_result->currentView() : &m_source->findView()};
}

} // namespace icae

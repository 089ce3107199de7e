// The Compress page with every slot count at once, and what it shows at the first start.
#include "pages/compress/compress_page.h"

#include "models/sample_texts.h"
#include "pages/compress/compress_controls.h"
#include "pages/compress/recorded_bar.h"
#include "pages/compress/result_pane.h"
#include "pages/compress/source_pane.h"
#include "pages/compress/sweep_bar.h"

#include <utility>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

/// Samples in the order in which they get harder for models of prose.
const QStringList& introductions()
{
    static const QStringList ids{u"ferry"_s, u"news"_s, u"technical"_s};
    return ids;
}

} // namespace

void CompressPage::connectSweep()
{
    addAction(m_sweepBar->closeAction());
    connect(m_controls->sweepAction(), &QAction::triggered, this, &CompressPage::sweep);
    connect(m_sweepBar->closeAction(), &QAction::triggered, this, &CompressPage::closeSweep);
    connect(m_sweepBar, &SweepBar::stepChosen, this, &CompressPage::showStep);
    connect(&m_sweep, &SlotSweep::stepped, this, [this](int step) {
        m_sweepBar->setSteps(m_sweep);
        m_sweepBar->setCurrent(step);
        showStep(step);
    });
    connect(&m_sweep, &SlotSweep::failed, this, &CompressPage::showError);
    connect(&m_sweep, &SlotSweep::ended, this, &CompressPage::endSweep);
}

void CompressPage::sweep()
{
    if (isRunning() || m_memory || !canWriteBack() || source().isEmpty())
        return;
    ReconstructParams params;
    params.source = m_controls->source();
    params.source.spans.clear();
    params.source.text = source().toStdString();
    params.source.name = m_sourceName.toStdString();
    params.sampling = m_controls->sampling();
    m_rerunTimer.stop();
    m_recorded->clear();
    m_sweep.start(params, m_controls->slotChoices());
    m_sweepBar->setHint({});
    m_sweepBar->setSteps(m_sweep);
    m_sweepBar->setCurrent(0);
    m_sweepBar->setVisible(true);
    m_controls->setRunning(true);
    updateReady();
}

void CompressPage::closeSweep()
{
    m_sweep.clear();
    m_sweepBar->hide();
    m_controls->setRunning(isRunning());
    updateReady();
}

void CompressPage::showStep(int step)
{
    const auto& steps = m_sweep.steps();
    if (step >= 0 && step < std::ssize(steps) && steps[static_cast<std::size_t>(step)].result)
        m_run.showRecorded(source(), *steps[static_cast<std::size_t>(step)].result);
}

void CompressPage::endSweep()
{
    m_controls->setRunning(m_run.isRunning());
    m_sweepBar->setSteps(m_sweep);
    updateReady();
    const int telling = m_sweep.mostTelling();
    if (telling < 0)
        return;
    const auto& scores = *m_sweep.steps()[static_cast<std::size_t>(telling)].result->reconstruction.scores;
    const auto next = introductions().indexOf(m_sourceName) + 1;
    if (m_introduces && scores.bleu >= 1 && scores.em >= 1 && next > 0 && next < introductions().size()) {
        openSample(introductions()[next]); // this one tells nothing: all of it comes back
        return;
    }
    m_sweepBar->setCurrent(telling);
    showStep(telling);
    if (std::exchange(m_introduces, false))
        m_sweepBar->setHint(
            tr("Try: move this slider to see where the text breaks, press F8 to go through what is wrong, "
               "or paste a text of your own."));
}

void CompressPage::openFirst()
{
    m_introduces = true;
    openSample(introductions().front());
}

/// Once the text is counted and the model is there.
void CompressPage::introduce()
{
    m_introduces = m_introduces && source() == sampleText(m_sourceName); // who writes something needs none
    if (m_introduces)
        updateReady();
    if (m_introduces && m_plan && !isRunning() && m_controls->sweepAction()->isEnabled())
        sweep();
}

} // namespace icae

#include "pages/train/run_samples.h"

#include "models/figure_document.h"
#include "widgets/common/empty_state.h"
#include "widgets/text/prose_column.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QScrollBar>
#include <QSlider>
#include <QtConcurrent>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr std::int64_t source = -1; // what a reconstruction is compared with, in place of a step

/// What tells a sample from the others of its evaluation: its cell and its place there.
struct SampleKey {
    std::int64_t tokens = 0;
    std::int64_t slots = 0;
    int place = 0;

    auto operator<=>(const SampleKey&) const = default;
};

std::vector<std::pair<SampleKey, const CurveSample*>> samplesOf(const CurveRun& run, std::int64_t step)
{
    std::vector<std::pair<SampleKey, const CurveSample*>> found;
    for (const auto& sample : run.samples) {
        if (sample.step != step)
            continue;
        SampleKey key{sample.tokens, sample.slots, 0};
        for (const auto& [other, of] : found)
            if (other.tokens == key.tokens && other.slots == key.slots)
                key.place = other.place + 1;
        found.emplace_back(key, &sample);
    }
    return found;
}

QString keyText(const SampleKey& key)
{
    return u"%1/%2/%3"_s.arg(key.tokens).arg(key.slots).arg(key.place);
}

} // namespace

RunSamples::RunSamples(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_geometry(2, this)
    , m_slider(new QSlider(Qt::Horizontal))
    , m_step(new QLabel)
    , m_which(new QComboBox)
    , m_against(new QComboBox)
    , m_texts(new QWidget)
    , m_leftTitle(new QLabel)
    , m_rightTitle(new QLabel)
    , m_left(new ProseColumn(theme, ProseSide::Source, m_geometry, 0))
    , m_right(new ProseColumn(theme, ProseSide::Reconstruction, m_geometry, 1))
    , m_empty(new EmptyState(theme, u"side-by-side"_s, tr("No samples yet"),
                             tr("Each evaluation of an adapter writes some reconstructions, which stand here.")))
{
    m_slider->setAccessibleName(tr("Evaluation"));
    m_slider->setToolTip(tr("Walks the evaluations"));
    m_slider->setPageStep(1);
    m_which->setAccessibleName(tr("Sample"));
    m_against->setAccessibleName(tr("Compared with"));
    m_left->setAccessibleName(tr("What the reconstruction is compared with"));
    m_right->setAccessibleName(tr("Reconstruction at this step"));
    auto* row = new QHBoxLayout;
    row->setContentsMargins(Theme::grid(), Theme::grid(0.5), Theme::grid(), Theme::grid(0.5));
    row->setSpacing(Theme::grid());
    row->addWidget(m_which);
    row->addWidget(m_slider, 1);
    row->addWidget(m_step);
    row->addWidget(new QLabel(tr("against")));
    row->addWidget(m_against);
    auto* titles = new QHBoxLayout;
    titles->setContentsMargins(Theme::grid(), 0, Theme::grid(), 0);
    for (auto* title : {m_leftTitle, m_rightTitle}) {
        title->setProperty("secondary", true);
        titles->addWidget(title, 1);
    }
    auto* columns = new QHBoxLayout;
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(0);
    columns->addWidget(m_left, 1);
    columns->addWidget(m_right, 1);
    m_left->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* texts = new QVBoxLayout(m_texts);
    texts->setContentsMargins(0, 0, 0, 0);
    texts->setSpacing(0);
    texts->addLayout(row);
    texts->addLayout(titles);
    texts->addLayout(columns, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_texts);
    layout->addWidget(m_empty);
    for (auto* column : {m_left, m_right})
        column->setFrameShape(QFrame::NoFrame);
    connect(m_left->verticalScrollBar(), &QScrollBar::valueChanged, m_right->verticalScrollBar(),
            &QScrollBar::setValue);
    connect(m_right->verticalScrollBar(), &QScrollBar::valueChanged, m_left->verticalScrollBar(),
            &QScrollBar::setValue);
    connect(m_slider, &QSlider::valueChanged, this, [this] {
        fillSamples();
        showSample();
    });
    for (auto* box : {m_which, m_against})
        connect(box, &QComboBox::currentIndexChanged, this, [this] {
            if (!m_filling)
                showSample();
        });
    connect(&m_aligning, &QFutureWatcherBase::finished, this, &RunSamples::takeDocument);
    setRun(nullptr);
}

RunSamples::~RunSamples()
{
    m_aligning.waitForFinished();
}

std::int64_t RunSamples::step() const
{
    const auto at = static_cast<std::size_t>(m_slider->value());
    return at < m_steps.size() ? m_steps[at] : -1;
}

void RunSamples::setRun(const CurveRunPtr& run)
{
    const bool another = !run || !m_run || run->run != m_run->run;
    const auto before = step();
    const bool atEnd = another || m_slider->value() == m_slider->maximum();
    m_run = run;
    m_steps.clear();
    if (run)
        for (const auto& sample : run->samples)
            if (m_steps.empty() || m_steps.back() != sample.step)
                m_steps.push_back(sample.step);
    m_texts->setVisible(!m_steps.empty());
    m_empty->setVisible(m_steps.empty());
    if (m_steps.empty())
        return;
    {
        const QSignalBlocker quiet(m_slider);
        m_slider->setRange(0, static_cast<int>(m_steps.size()) - 1);
        const auto found = std::lower_bound(m_steps.begin(), m_steps.end(), before) - m_steps.begin();
        m_slider->setValue(atEnd ? m_slider->maximum() : static_cast<int>(found));
    }
    m_slider->setEnabled(m_steps.size() > 1);
    fillAgainst();
    if (another || before != step()) {
        fillSamples();
        showSample();
    }
}

void RunSamples::goToStep(std::int64_t step)
{
    if (m_steps.empty())
        return;
    const auto found = std::min_element(m_steps.begin(), m_steps.end(), [&](std::int64_t a, std::int64_t b) {
        return std::abs(a - step) < std::abs(b - step);
    });
    m_slider->setValue(static_cast<int>(found - m_steps.begin()));
}

void RunSamples::fillAgainst()
{
    m_filling = true;
    const auto chosen = m_against->currentIndex() < 0 ? source : m_against->currentData().toLongLong();
    m_against->clear();
    m_against->addItem(tr("the source"), QVariant::fromValue<qlonglong>(source));
    for (const auto step : m_steps)
        m_against->addItem(tr("step %L1").arg(step), QVariant::fromValue<qlonglong>(step));
    m_against->setCurrentIndex(std::max(0, m_against->findData(QVariant::fromValue<qlonglong>(chosen))));
    m_filling = false;
}

void RunSamples::fillSamples()
{
    m_filling = true;
    const auto chosen = m_which->currentData().toString();
    m_which->clear();
    if (m_run)
        for (const auto& [key, sample] : samplesOf(*m_run, step()))
            m_which->addItem(tr("%L1 → %L2, text %L3").arg(key.tokens).arg(key.slots).arg(key.place + 1), keyText(key));
    m_which->setCurrentIndex(std::max(0, m_which->findData(chosen)));
    m_filling = false;
}

const CurveSample* RunSamples::sampleAt(std::int64_t step) const
{
    const auto samples = samplesOf(*m_run, step);
    for (const auto& [key, sample] : samples)
        if (keyText(key) == m_which->currentData().toString())
            return sample;
    return nullptr;
}

void RunSamples::showSample()
{
    const auto* sample = m_run ? sampleAt(step()) : nullptr;
    m_step->setText(step() < 0 ? QString() : tr("step %L1").arg(step()));
    if (sample == nullptr)
        return;
    const auto against = m_against->currentData().toLongLong();
    const auto* other = against == source ? nullptr : sampleAt(against);
    m_leftTitle->setText(other == nullptr ? tr("Source") : tr("Step %L1").arg(against));
    m_rightTitle->setText(
        tr("Step %L1 · BLEU %2 · EM %3 · loss %4")
            .arg(sample->step)
            .arg(measureText("bleu", sample->bleu), measureText("em", sample->em), measureText("loss", sample->loss)));
    if (m_aligning.isRunning()) {
        m_again = true;
        return;
    }
    const auto left = other == nullptr ? sample->reference : other->hypothesis;
    m_aligning.setFuture(QtConcurrent::run([left, right = sample->hypothesis]() -> DiffDocumentPtr {
        return std::make_shared<const DiffDocument>(buildDiffDocument(left, {{0, left.size(), right}}, {}, false));
    }));
}

void RunSamples::takeDocument()
{
    if (std::exchange(m_again, false)) { // another one is wanted meanwhile
        showSample();
        return;
    }
    const auto document = m_aligning.result();
    const int top = m_right->topRow();
    const int rows = static_cast<int>(document->rows.size());
    m_geometry.reset(rows, 0);
    m_left->setDocument(document, 0);
    m_right->setDocument(document, 0);
    m_geometry.commit();
    m_right->setTopRow(std::min(top, std::max(0, rows - 1))); // the same place at another step
}

} // namespace icae

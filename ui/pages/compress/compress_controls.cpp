#include "pages/compress/compress_controls.h"

#include "models/sample_texts.h"
#include "pages/compress/sampling_popup.h"
#include "pages/compress/span_popup.h"
#include "pages/page.h"

#include <QAction>
#include <QCheckBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QStyle>
#include <QToolButton>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int shortestSpan = 16;
constexpr int longestSpan = 8192;

} // namespace

CompressControls::CompressControls(const Theme& theme, Settings& settings, QWidget* parent)
    : FoldingRow(parent)
    , m_theme(theme)
    , m_settings(settings)
    , m_run(new QAction(tr("Compress && reconstruct"), this))
    , m_sweep(new QAction(theme.icon(u"study"_s), tr("All slot counts"), this))
    , m_open(new QAction(theme.icon(u"open"_s), tr("Open…"), this))
    , m_saveMemory(new QAction(theme.icon(u"save"_s), tr("Save memory…"), this))
    , m_moreSlots(new QAction(tr("More slots a span"), this))
    , m_fewerSlots(new QAction(tr("Fewer slots a span"), this))
    , m_longerSpans(new QAction(tr("Longer spans"), this))
    , m_shorterSpans(new QAction(tr("Shorter spans"), this))
    , m_chooseSample(new QAction(tr("Sample texts"), this))
    , m_chooseRecent(new QAction(tr("Recent files"), this))
    , m_chooseSpans(new QAction(tr("Choose spans"), this))
    , m_chooseSampling(new QAction(tr("Greedy or sampled"), this))
    , m_toggleRerun(new QAction(tr("Run on every change"), this))
    , m_samples(new QToolButton)
    , m_files(new QToolButton)
    , m_recent(new QMenu(this))
    , m_slots(new QSlider(Qt::Horizontal))
    , m_slotsValue(new QLabel)
    , m_spanTokens(new QSpinBox)
    , m_spans(new QToolButton)
    , m_spanPopup(new SpanPopup(this))
    , m_sampling(new QToolButton)
    , m_samplingPopup(new SamplingPopup(this))
    , m_rerun(new QCheckBox(tr("Auto-run")))
    , m_button(new QPushButton(tr("Compress && reconstruct")))
{
    setObjectName(u"controls"_s);
    setAttribute(Qt::WA_StyledBackground);
    m_run->setShortcuts(mainActionKeys());
    m_sweep->setShortcut(QKeySequence(Qt::ALT | Qt::Key_A));
    m_sweep->setToolTip(tr("Reconstruct the text with every slot count, and see where it breaks (Alt+A)"));
    m_open->setShortcut(QKeySequence::Open);
    m_saveMemory->setShortcut(QKeySequence::Save);
    m_moreSlots->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Right));
    m_fewerSlots->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Left));
    m_longerSpans->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Up));
    m_shorterSpans->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Down));
    m_chooseSample->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_T));
    m_chooseRecent->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_R));
    m_chooseSpans->setShortcut(QKeySequence(Qt::ALT | Qt::Key_P));
    m_chooseSampling->setShortcut(QKeySequence(Qt::ALT | Qt::Key_G));
    m_toggleRerun->setShortcut(QKeySequence(Qt::ALT | Qt::Key_R));
    addActions({m_run, m_sweep, m_open, m_saveMemory, m_moreSlots, m_fewerSlots, m_longerSpans, m_shorterSpans,
                m_chooseSample, m_chooseRecent, m_chooseSpans, m_chooseSampling, m_toggleRerun});

    const auto menuButton = [&](QToolButton* button, const QString& icon, const QString& text, const QString& hint) {
        button->setText(u" %1 ▾"_s.arg(text)); // Qt puts icon and text close together
        button->setAccessibleName(text);
        button->setIcon(theme.icon(icon));
        button->setIconSize({18, 18});
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setPopupMode(QToolButton::InstantPopup);
        button->setToolTip(hint);
    };
    menuButton(m_samples, u"samples"_s, tr("Samples"), tr("Texts to try (Ctrl+Shift+T)"));
    menuButton(m_files, u"open"_s, tr("Open"), tr("Open a text file: Ctrl+O, recent ones: Ctrl+R"));

    auto* slotsLabel = new QLabel(tr("Slots a span"));
    slotsLabel->setBuddy(m_slots);
    m_slots->setMinimumWidth(Theme::grid(8));
    m_slots->setMaximumWidth(Theme::grid(13));
    m_slots->setAccessibleName(tr("Slots a span"));
    m_slots->setPageStep(1);
    m_slotsValue->setMinimumWidth(fontMetrics().horizontalAdvance(u"0000"_s));
    auto* spanLabel = new QLabel(tr("Span"));
    spanLabel->setBuddy(m_spanTokens);
    m_spanTokens->setRange(shortestSpan, longestSpan);
    m_spanTokens->setSingleStep(32);
    m_spanTokens->setValue(512);
    m_spanTokens->setKeyboardTracking(false);
    m_spanTokens->setSuffix(tr(" tokens"));
    m_spanTokens->setAccessibleName(tr("Longest span in tokens"));
    m_spanTokens->setToolTip(
        tr("Longest span in tokens: longer texts are cut into equal spans, each compressed on its own"));
    m_spans->setToolTip(tr("Which spans to reconstruct (Alt+P)"));
    m_sampling->setToolTip(tr("How tokens are chosen (Alt+G)"));
    m_rerun->setToolTip(tr("Compress and reconstruct again half a second after each change (Alt+R)"));
    m_button->setProperty("primary", true);
    m_button->setToolTip(tr("Compress the source into memory slots and write it back (Ctrl+Enter)"));

    layout()->setContentsMargins(Theme::grid(), Theme::grid(), Theme::grid(2), Theme::grid());
    setSpacing(Theme::grid());
    first().addWidget(m_samples);
    first().addWidget(m_files);
    first().addSpacing(Theme::grid());
    // What changes its width stands at the right, so that nothing else moves.
    auto* sweep = new QToolButton;
    sweep->setDefaultAction(m_sweep);
    sweep->setIconSize({18, 18});
    sweep->setToolButtonStyle(Qt::ToolButtonIconOnly);
    sweep->setAccessibleName(m_sweep->text());
    for (auto* widget :
         std::initializer_list<QWidget*>{slotsLabel, m_slots, m_slotsValue, sweep, spanLabel, m_spanTokens})
        first().addWidget(widget);
    for (auto* widget : std::initializer_list<QWidget*>{m_rerun, m_sampling, m_spans})
        second().addWidget(widget);
    second().addStretch(1);
    second().addWidget(m_button);

    m_button->ensurePolished();
    m_button->setMinimumWidth(m_button->sizeHint().width());
    buildMenus();
    const auto stored = settings.compression();
    m_samplingPopup->setValues(stored);
    m_sampling->setText(m_samplingPopup->summary() + u" ▾"_s);
    m_rerun->setChecked(stored.rerunOnChange);
    connect(m_run, &QAction::triggered, this, &CompressControls::runRequested);
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_running)
            Q_EMIT stopRequested();
        else
            Q_EMIT runRequested();
    });
    connect(m_slots, &QSlider::valueChanged, this, [this] {
        showSlots();
        store();
        Q_EMIT planChanged();
    });
    connect(m_moreSlots, &QAction::triggered, m_slots, [this] { m_slots->setValue(m_slots->value() + 1); });
    connect(m_fewerSlots, &QAction::triggered, m_slots, [this] { m_slots->setValue(m_slots->value() - 1); });
    connect(m_longerSpans, &QAction::triggered, m_spanTokens, &QSpinBox::stepUp);
    connect(m_shorterSpans, &QAction::triggered, m_spanTokens, &QSpinBox::stepDown);
    connect(m_chooseSample, &QAction::triggered, m_samples, &QToolButton::showMenu);
    connect(m_chooseRecent, &QAction::triggered, m_files, &QToolButton::showMenu);
    connect(m_chooseSpans, &QAction::triggered, m_spans, &QToolButton::click);
    connect(m_chooseSampling, &QAction::triggered, m_sampling, &QToolButton::click);
    connect(m_toggleRerun, &QAction::triggered, m_rerun, &QCheckBox::toggle);
    connect(m_spanTokens, &QSpinBox::valueChanged, this, [this] {
        store();
        Q_EMIT planChanged();
    });
    connect(m_sampling, &QToolButton::clicked, this, [this] {
        m_samplingPopup->move(m_sampling->mapToGlobal(QPoint(0, m_sampling->height() + 2)));
        m_samplingPopup->show();
    });
    connect(m_samplingPopup, &SamplingPopup::changed, this, [this] {
        m_sampling->setText(m_samplingPopup->summary() + u" ▾"_s);
        store();
        Q_EMIT samplingChanged();
    });
    connect(m_spans, &QToolButton::clicked, this, [this] {
        m_spanPopup->setCurrent(m_spanAtCursor ? m_spanAtCursor() : -1);
        m_spanPopup->move(m_spans->mapToGlobal(QPoint(0, m_spans->height() + 2)));
        m_spanPopup->show();
    });
    connect(m_spanPopup, &SpanPopup::changed, this, [this] {
        m_spans->setText(m_spanPopup->summary() + u" ▾"_s);
        Q_EMIT planChanged();
    });
    connect(m_rerun, &QCheckBox::toggled, this, [this](bool on) {
        store();
        if (on)
            Q_EMIT rerunSwitchedOn();
    });
    connect(&settings, &Settings::recentFilesChanged, this, &CompressControls::rebuildRecentFiles);
    setModel(std::nullopt);
    setSpanCount(0);
}

void CompressControls::buildMenus()
{
    auto* menu = new QMenu(this);
    menu->setToolTipsVisible(true);
    for (const auto& sample : sampleTexts()) {
        if (sample.id == "pattern"_L1)
            menu->addSeparator();
        auto* action = menu->addAction(sample.title, this, [this, id = sample.id] { Q_EMIT sampleChosen(id); });
        action->setToolTip(sample.hint);
    }
    m_samples->setMenu(menu);
    m_files->setMenu(m_recent);
    m_recent->setToolTipsVisible(true);
    rebuildRecentFiles();
}

void CompressControls::rebuildRecentFiles()
{
    m_recent->clear();
    m_recent->addAction(m_open);
    const auto files = m_settings.recentFiles();
    if (!files.isEmpty())
        m_recent->addSection(tr("Recent files"));
    for (const auto& path : files)
        m_recent->addAction(QFileInfo(path).fileName(), this, [this, path] { Q_EMIT fileChosen(path); })
            ->setToolTip(path);
    if (!files.isEmpty()) {
        m_recent->addSeparator();
        m_recent->addAction(tr("Forget recent files"), &m_settings, &Settings::clearRecentFiles);
    }
}

void CompressControls::setModel(const std::optional<LoadedModel>& model)
{
    const QSignalBlocker quietSlots(m_slots);
    const QSignalBlocker quietSpan(m_spanTokens);
    m_choices = model ? model->slotChoices : std::vector<std::int64_t>();
    if (m_choices.empty() && model && model->slots > 0)
        m_choices = {model->slots};
    m_adapterSpan = model ? model->spanTokens : 0;
    const auto stored = m_settings.compression();
    const auto wanted = std::find(m_choices.begin(), m_choices.end(), stored.slotsPerSpan);
    const auto count = static_cast<int>(m_choices.size());
    m_slots->setRange(0, std::max(0, count - 1));
    m_slots->setValue(wanted == m_choices.end() ? count - 1 : static_cast<int>(wanted - m_choices.begin()));
    m_slots->setEnabled(count > 1);
    m_slots->setToolTip(count > 1 ? tr("Memory slots for each span: the counts that this adapter was trained with")
                                  : tr("This adapter was trained with one slot count"));
    if (stored.spanTokens > 0)
        m_spanTokens->setValue(stored.spanTokens);
    else if (m_adapterSpan > 0)
        m_spanTokens->setValue(static_cast<int>(m_adapterSpan));
    m_spanTokens->setEnabled(m_adapterSpan > 0);
    showSlots();
}

void CompressControls::showSlots()
{
    const auto index = static_cast<std::size_t>(m_slots->value());
    m_slotsValue->setText(index < m_choices.size() ? QString::number(m_choices[index]) : u"–"_s);
}

void CompressControls::setSpanCount(int count)
{
    m_spanPopup->setCount(count);
    m_spans->setText(m_spanPopup->summary() + u" ▾"_s);
    m_spans->setVisible(count > 1);
    m_chooseSpans->setEnabled(count > 1);
}

void CompressControls::setSpanAtCursor(std::function<int()> find)
{
    m_spanAtCursor = std::move(find);
}

SourceParams CompressControls::source() const
{
    SourceParams params;
    const auto index = static_cast<std::size_t>(m_slots->value());
    if (index < m_choices.size())
        params.slots = m_choices[index];
    if (m_adapterSpan > 0)
        params.spanTokens = m_spanTokens->value();
    params.spans = m_spanPopup->spans();
    return params;
}

SamplingParams CompressControls::sampling() const
{
    const auto values = m_samplingPopup->values({});
    return {values.temperature, values.topK, values.topP, values.seed};
}

bool CompressControls::rerunsOnChange() const
{
    return m_rerun->isChecked();
}

void CompressControls::store()
{
    auto values = m_samplingPopup->values(m_settings.compression());
    const auto index = static_cast<std::size_t>(m_slots->value());
    if (index < m_choices.size())
        values.slotsPerSpan = index + 1 == m_choices.size() ? 0 : static_cast<int>(m_choices[index]);
    values.spanTokens = m_spanTokens->value() == m_adapterSpan ? 0 : m_spanTokens->value();
    values.rerunOnChange = m_rerun->isChecked();
    m_settings.setCompression(values);
}

void CompressControls::setRunning(bool running)
{
    m_running = running;
    m_button->setText(running ? tr("Stop") : tr("Compress && reconstruct"));
    m_button->setProperty("primary", !running);
    m_button->setEnabled(running || m_run->isEnabled());
    m_button->style()->unpolish(m_button);
    m_button->style()->polish(m_button);
    if (running)
        m_button->setMinimumWidth(m_button->width()); // the button under the pointer keeps its size
}

void CompressControls::setReady(bool ready)
{
    m_run->setEnabled(ready);
    m_sweep->setEnabled(ready && m_choices.size() > 1);
    m_button->setEnabled(ready || m_running);
}

QList<QAction*> CompressControls::shortcutActions() const
{
    return {m_run,        m_sweep,       m_open,         m_chooseRecent, m_chooseSample,   m_saveMemory, m_moreSlots,
            m_fewerSlots, m_longerSpans, m_shorterSpans, m_chooseSpans,  m_chooseSampling, m_toggleRerun};
}

} // namespace icae

#include "pages/study/study_controls.h"

#include "report/study_table.h"

#include <QAction>
#include <QActionGroup>
#include <QHBoxLayout>
#include <QToolButton>

#include <algorithm>
#include <utility>

namespace icae {

using namespace Qt::StringLiterals;

StudyControls::StudyControls(const Theme& theme, FigureOptions options, QWidget* parent)
    : MenuRow(parent)
    , m_options(std::move(options))
    , m_measures(new CheckMenu(this))
    , m_axis(new QMenu(this))
    , m_band(new QMenu(this))
    , m_view(new CheckMenu(this))
    , m_others(new OverlayMenu(this))
    , m_export(new QMenu(this))
{
    addButton(tr("Measures"), tr("What is shown, a panel each"), m_measures, QKeySequence(Qt::ALT | Qt::Key_M));
    m_axisButton = addButton({}, tr("What runs along the x axis"), m_axis, QKeySequence(Qt::ALT | Qt::Key_X));
    addButton(tr("Band"), tr("What stands around a line"), m_band, QKeySequence(Qt::ALT | Qt::Key_B));
    addButton(tr("View"), tr("Dots, heat map, logarithmic axes, the paper's figures"), m_view,
              QKeySequence(Qt::ALT | Qt::Key_V));
    m_othersButton =
        addButton(tr("Overlay"), tr("Other studies over this one"), m_others, QKeySequence(Qt::ALT | Qt::Key_O));
    row().addStretch(1);
    auto* exports =
        addButton(tr("Export"), tr("Copy and export"), m_export, QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S));
    exports->setIcon(theme.icon(u"export"_s));
    exports->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    auto* bands = new QActionGroup(this);
    for (const auto band : {FigureBand::Quartiles, FigureBand::Interval, FigureBand::None}) {
        auto* action = bands->addAction(figureBandTitle(band));
        action->setCheckable(true);
        action->setChecked(band == m_options.band);
        m_band->addAction(action);
        connect(action, &QAction::triggered, this, [this, band] {
            m_options.band = band;
            Q_EMIT optionsChanged();
        });
    }
    connect(m_others, &OverlayMenu::overlaysChanged, this, &StudyControls::overlaysChanged);
    makeView();
    makeExport(theme);
    updateTexts();
}

void StudyControls::makeView()
{
    const auto toggle = [this](const QString& text, bool on, auto set) {
        auto* action = m_view->addAction(text);
        action->setCheckable(true);
        action->setChecked(on);
        connect(action, &QAction::toggled, this, [this, set](bool checked) {
            set(checked);
            Q_EMIT optionsChanged();
        });
        return action;
    };
    toggle(tr("Samples as dots"), m_options.samples, [this](bool on) { m_options.samples = on; });
    m_heatMap = toggle(tr("Heat map of lengths and slots"), m_options.form == FigureForm::HeatMap,
                       [this](bool on) { m_options.form = on ? FigureForm::HeatMap : FigureForm::Lines; });
    m_logX = toggle(tr("Logarithmic x axis"), m_options.logX.value_or(false), [this](bool on) { m_options.logX = on; });
    m_logY = toggle(tr("Logarithmic y axes"), m_options.logY.value_or(false), [this](bool on) { m_options.logY = on; });
    toggle(tr("The paper's figures beside"), m_options.published, [this](bool on) { m_options.published = on; });
}

void StudyControls::makeExport(const Theme& theme)
{
    const auto add = [this](const QString& text, Export what) {
        connect(m_export->addAction(text), &QAction::triggered, this, [this, what] { Q_EMIT exportRequested(what); });
    };
    add(tr("Figure as PDF…"), Export::Pdf);
    add(tr("Figure as SVG…"), Export::Svg);
    add(tr("Figure as PNG…"), Export::Png);
    m_export->addSeparator();
    add(tr("Every sample as CSV…"), Export::Samples);
    add(tr("Spec as JSON…"), Export::Spec);
    m_export->addSeparator();
    add(tr("Copy the table as CSV"), Export::Table);
    add(tr("Copy the table as Markdown"), Export::Markdown);
    add(tr("Copy the table as LaTeX"), Export::Latex);
    m_export->setIcon(theme.icon(u"export"_s));
}

void StudyControls::setStudy(const StudyDocumentPtr& study)
{
    setEnabled(study != nullptr && !study->cells.empty());
    if (!isEnabled())
        return;
    rebuildMeasures(*study);
    rebuildAxes(*study);
    m_heatMap->setEnabled(hasHeatMap(*study));
    updateTexts();
}

void StudyControls::rebuildMeasures(const StudyDocument& study)
{
    const auto known = figureMeasures(study);
    if (known == m_known)
        return;
    m_known = known;
    auto& chosen = m_options.measures;
    std::erase_if(chosen, [&](const auto& one) { return std::find(known.begin(), known.end(), one) == known.end(); });
    const auto shown = chosen.empty() ? standardMeasures(study) : chosen;
    m_measures->clear();
    for (const auto& name : known) {
        const auto* measure = findStudyMeasure(name);
        auto* action = m_measures->addAction(measure == nullptr ? QString::fromStdString(name) : tr(measure->title));
        action->setCheckable(true);
        action->setChecked(std::find(shown.begin(), shown.end(), name) != shown.end());
        connect(action, &QAction::toggled, this, [this] {
            m_options.measures.clear();
            const auto all = m_measures->actions();
            for (int i = 0; i < all.size(); ++i)
                if (all[i]->isChecked())
                    m_options.measures.push_back(m_known[static_cast<std::size_t>(i)]);
            Q_EMIT optionsChanged();
        });
    }
}

void StudyControls::rebuildAxes(const StudyDocument& study)
{
    const auto axes = figureAxes(study);
    if (axes == m_axes)
        return;
    m_axes = axes;
    if (m_options.x && std::find(axes.begin(), axes.end(), *m_options.x) == axes.end())
        m_options.x.reset();
    m_axis->clear();
    for (const auto axis : axes)
        connect(m_axis->addAction(figureAxisTitle(axis)), &QAction::triggered, this, [this, axis] {
            m_options.x = axis;
            updateTexts();
            Q_EMIT optionsChanged();
        });
}

void StudyControls::setOthers(const RunListModel& list, const QString& current)
{
    m_others->setOthers(list, current);
    m_othersButton->setEnabled(!m_others->isEmpty());
}

void StudyControls::updateTexts()
{
    const auto axis = m_options.x ? *m_options.x : m_axes.empty() ? FigureAxis::Tokens : m_axes.front();
    m_axisButton->setText(tr("x: %1").arg(figureAxisTitle(axis)));
}

} // namespace icae

#include "pages/train/train_controls.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QSlider>
#include <QToolButton>

#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int slidesTo = 100; // positions of the smoothing slider

/// Most of the slider is for strong smoothing, where differences are seen.
double weightOf(int position)
{
    const double share = static_cast<double>(position) / slidesTo;
    return position == 0 ? 0 : 1 - std::pow(10.0, -3 * share);
}

int positionOf(double weight)
{
    return weight <= 0 ? 0 : static_cast<int>(std::lround(-std::log10(1 - weight) / 3 * slidesTo));
}

} // namespace

TrainControls::TrainControls(const Theme& theme, QWidget* parent)
    : MenuRow(parent)
    , m_smoothing(new QSlider(Qt::Horizontal))
    , m_best(new QLabel)
    , m_axis(new QMenu(this))
    , m_view(new CheckMenu(this))
    , m_others(new OverlayMenu(this))
    , m_export(new QMenu(this))
{
    auto* label = new QLabel(tr("Smoothing"));
    label->setBuddy(m_smoothing);
    m_smoothing->setRange(0, slidesTo);
    m_smoothing->setFixedWidth(Theme::grid(12));
    m_smoothing->setAccessibleName(tr("Smoothing"));
    m_smoothing->setToolTip(tr("Debiased moving average; what was logged stays visible behind it"));
    m_smoothing->setValue(positionOf(m_options.smoothing));
    row().addWidget(label);
    row().addWidget(m_smoothing);
    m_axisButton = addButton({}, tr("What runs along the x axis"), m_axis, QKeySequence(Qt::ALT | Qt::Key_X));
    addButton(tr("View"), tr("Logarithmic axes, outliers"), m_view, QKeySequence(Qt::ALT | Qt::Key_V));
    m_othersButton =
        addButton(tr("Compare"), tr("Other runs over this one"), m_others, QKeySequence(Qt::ALT | Qt::Key_O));
    m_best->setProperty("secondary", true);
    m_best->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_best->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_best->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    row().addWidget(m_best, 1);
    auto* exports =
        addButton(tr("Export"), tr("Export curves"), m_export, QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S));
    exports->setIcon(theme.icon(u"export"_s));
    exports->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    for (const auto axis : {CurveAxis::Step, CurveAxis::Tokens, CurveAxis::Relative, CurveAxis::Wall})
        connect(m_axis->addAction(curveAxisTitle(axis)), &QAction::triggered, this, [this, axis] {
            m_options.x = axis;
            showAxis();
            Q_EMIT optionsChanged();
        });
    connect(m_smoothing, &QSlider::valueChanged, this, [this](int position) {
        m_options.smoothing = weightOf(position);
        Q_EMIT optionsChanged();
    });
    connect(m_others, &OverlayMenu::overlaysChanged, this, &TrainControls::overlaysChanged);
    makeView();
    makeExport();
    showAxis();
}

void TrainControls::makeView()
{
    const auto toggle = [this](const QString& text, bool CurveOptions::*option) {
        auto* action = m_view->addAction(text);
        action->setCheckable(true);
        action->setChecked(m_options.*option);
        connect(action, &QAction::toggled, this, [this, option](bool on) {
            m_options.*option = on;
            Q_EMIT optionsChanged();
        });
    };
    toggle(tr("Losses on a logarithmic axis"), &CurveOptions::logLoss);
    toggle(tr("Logarithmic x axis"), &CurveOptions::logX);
    toggle(tr("Clip outliers"), &CurveOptions::clipped);
}

void TrainControls::makeExport()
{
    const auto add = [this](const QString& text, Export what) {
        connect(m_export->addAction(text), &QAction::triggered, this, [this, what] { Q_EMIT exportRequested(what); });
    };
    add(tr("Curves as PDF…"), Export::Pdf);
    add(tr("Curves as SVG…"), Export::Svg);
    add(tr("Curves as PNG…"), Export::Png);
    m_export->addSeparator();
    add(tr("Every point as CSV…"), Export::Points);
    add(tr("Job as JSON…"), Export::Job);
}

void TrainControls::setOthers(const RunListModel& list, const QString& current)
{
    m_others->setOthers(list, current);
    m_othersButton->setEnabled(!m_others->isEmpty());
}

void TrainControls::setBest(const QString& text)
{
    m_best->setText(text);
}

void TrainControls::showAxis()
{
    m_axisButton->setText(tr("x: %1").arg(curveAxisTitle(m_options.x).toLower()));
}

} // namespace icae

#include "pages/compress/sampling_popup.h"

#include "session/theme.h"

#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QRadioButton>
#include <QSpinBox>

namespace icae {

using namespace Qt::StringLiterals;

SamplingPopup::SamplingPopup(QWidget* parent)
    : QFrame(parent, Qt::Popup)
    , m_form(new QFormLayout(this))
    , m_greedy(new QRadioButton(tr("Greedy: always the likeliest token")))
    , m_sampled(new QRadioButton(tr("Sampled")))
    , m_temperature(new QDoubleSpinBox)
    , m_topK(new QSpinBox)
    , m_topP(new QDoubleSpinBox)
    , m_seed(new QSpinBox)
{
    setObjectName(u"popup"_s);
    m_temperature->setRange(0.05, 5);
    m_temperature->setSingleStep(0.1);
    m_temperature->setValue(0.8);
    m_topK->setRange(0, 1000);
    m_topK->setSpecialValueText(tr("all"));
    m_topP->setRange(0.01, 1);
    m_topP->setSingleStep(0.05);
    m_topP->setValue(1);
    m_seed->setRange(0, std::numeric_limits<int>::max());
    m_form->setContentsMargins(Theme::grid(2), Theme::grid(2), Theme::grid(2), Theme::grid(2));
    m_form->setSpacing(Theme::grid());
    m_form->addRow(m_greedy);
    m_form->addRow(m_sampled);
    m_form->addRow(tr("Temperature"), m_temperature);
    m_form->addRow(tr("Top k"), m_topK);
    m_form->addRow(tr("Top p"), m_topP);
    m_form->addRow(tr("Seed"), m_seed);
    const auto update = [this] {
        for (auto* box : {static_cast<QWidget*>(m_temperature), static_cast<QWidget*>(m_topK),
                          static_cast<QWidget*>(m_topP), static_cast<QWidget*>(m_seed)})
            box->setEnabled(m_sampled->isChecked());
        Q_EMIT changed();
    };
    m_greedy->setChecked(true);
    connect(m_sampled, &QRadioButton::toggled, this, update);
    connect(m_temperature, &QDoubleSpinBox::valueChanged, this, update);
    connect(m_topK, &QSpinBox::valueChanged, this, update);
    connect(m_topP, &QDoubleSpinBox::valueChanged, this, update);
    connect(m_seed, &QSpinBox::valueChanged, this, update);
    update();
}

void SamplingPopup::setValues(const Settings::Compression& values)
{
    const QSignalBlocker quiet(this);
    (values.temperature > 0 ? m_sampled : m_greedy)->setChecked(true);
    if (values.temperature > 0)
        m_temperature->setValue(values.temperature);
    m_topK->setValue(values.topK);
    m_topP->setValue(values.topP);
    m_seed->setValue(static_cast<int>(values.seed));
}

Settings::Compression SamplingPopup::values(Settings::Compression base) const
{
    base.temperature = m_sampled->isChecked() ? m_temperature->value() : 0;
    base.topK = m_topK->value();
    base.topP = m_topP->value();
    base.seed = static_cast<quint32>(m_seed->value());
    return base;
}

QString SamplingPopup::summary() const
{
    return m_sampled->isChecked() ? tr("Sampled at %L1").arg(m_temperature->value(), 0, 'g', 3) : tr("Greedy");
}

} // namespace icae

#include "pages/chat/answer_popup.h"

#include <QFormLayout>
#include <QSignalBlocker>
#include <QSpinBox>

#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int mostTokens = 100'000;

} // namespace

AnswerPopup::AnswerPopup(QWidget* parent)
    : SamplingPopup(parent)
    , m_maxTokens(new QSpinBox)
    , m_turnShare(new QSpinBox)
{
    m_maxTokens->setRange(1, mostTokens);
    m_maxTokens->setSingleStep(32);
    m_maxTokens->setToolTip(tr("An answer that is longer can be gone on with (Ctrl+G)"));
    m_turnShare->setRange(0, 100);
    m_turnShare->setSingleStep(5);
    m_turnShare->setSuffix(u" %"_s);
    m_turnShare->setSpecialValueText(tr("never"));
    m_turnShare->setToolTip(tr("Earlier turns are compressed into slots once they take more than this share of the "
                               "base's positions; the last one is always read as text"));
    form().addRow(tr("Most tokens"), m_maxTokens);
    form().addRow(tr("Turns become slots beyond"), m_turnShare);
    for (auto* box : {m_maxTokens, m_turnShare})
        connect(box, &QSpinBox::valueChanged, this, &SamplingPopup::changed);
}

void AnswerPopup::setAnswers(int maxTokens, double turnShare)
{
    const QSignalBlocker quiet(this);
    m_maxTokens->setValue(maxTokens);
    m_turnShare->setValue(static_cast<int>(std::lround(100 * turnShare)));
}

int AnswerPopup::maxTokens() const
{
    return m_maxTokens->value();
}

double AnswerPopup::turnShare() const
{
    return m_turnShare->value() / 100.0;
}

} // namespace icae

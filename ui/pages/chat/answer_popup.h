#pragma once

#include "pages/compress/sampling_popup.h"

namespace icae {

/// How answers are written: how tokens are chosen, how many at most, and from when on earlier turns become slots.
class AnswerPopup : public SamplingPopup {
    Q_OBJECT

public:
    explicit AnswerPopup(QWidget* parent = nullptr);

    void setAnswers(int maxTokens, double turnShare);
    int maxTokens() const;
    double turnShare() const; ///< of the base's positions; 0: never

private:
    QSpinBox* m_maxTokens;
    QSpinBox* m_turnShare;
};

} // namespace icae

#pragma once

#include "session/settings.h"

#include <QFrame>

class QDoubleSpinBox;
class QFormLayout;
class QRadioButton;
class QSpinBox;

namespace icae {

/// How tokens are chosen: the likeliest, or drawn. Opens below its button.
class SamplingPopup : public QFrame {
    Q_OBJECT

public:
    explicit SamplingPopup(QWidget* parent = nullptr);

    void setValues(const Settings::Compression& values);
    /// The same with what is set here.
    Settings::Compression values(Settings::Compression base) const;
    QString summary() const; ///< "Greedy" or "Sampled at 0.8"

Q_SIGNALS:
    void changed();

protected:
    QFormLayout& form() { return *m_form; } ///< for what else there is to choose

private:
    QFormLayout* m_form;
    QRadioButton* m_greedy;
    QRadioButton* m_sampled;
    QDoubleSpinBox* m_temperature;
    QSpinBox* m_topK;
    QDoubleSpinBox* m_topP;
    QSpinBox* m_seed;
};

} // namespace icae

#pragma once

#include "pages/page.h"
#include "protocol/train_protocol.h"

#include <QDialog>

class QCheckBox;
class QDoubleSpinBox;
class QLineEdit;
class QSpinBox;

namespace icae {

/// How a run goes on whose data lie elsewhere now, or whose inputs have changed. Deletes itself.
class ResumeDialog : public QDialog {
    Q_OBJECT

public:
    ResumeDialog(const PageContext& context, const QString& run, QWidget* parent);

    ResumeRunParams params() const;

private:
    std::string m_run;
    QLineEdit* m_data;
    QCheckBox* m_changes;
    QCheckBox* m_queue;
};

/// How much more a run that is over does. Deletes itself.
class ExtendDialog : public QDialog {
    Q_OBJECT

public:
    ExtendDialog(const RunInfo& run, QWidget* parent);

    ExtendRunParams params() const;

private:
    std::string m_run;
    QSpinBox* m_steps = nullptr; ///< of a job that stops by steps; else minutes
    QDoubleSpinBox* m_minutes = nullptr;
    QCheckBox* m_queue;
};

} // namespace icae

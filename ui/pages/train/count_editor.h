#pragma once

#include "pages/train/job_editors.h"

class QSpinBox;

namespace icae {

/// A whole number that a job may leave out, as a spin box.
class CountEditor : public JobEditor {
    Q_OBJECT

public:
    /// What the number may be; what a text has beyond that is shown as the nearest, and its fault beside it.
    struct Range {
        int least = 0;
        int most = 0;
        int otherwise = 0; ///< of a job that says nothing
    };

    CountEditor(std::string field, const Range& range, std::vector<std::string> stages, QWidget* parent = nullptr);

    void show(const JsonText& job) override;
    void write(JsonText& job) const override;
    QSpinBox& box() { return *m_box; }

private:
    QSpinBox* m_box;
    int m_otherwise;
};

} // namespace icae

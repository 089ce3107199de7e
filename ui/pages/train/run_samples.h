#pragma once

#include "models/curve_run.h"
#include "models/diff_document.h"
#include "session/theme.h"
#include "widgets/text/row_geometry.h"

#include <QFutureWatcher>
#include <QWidget>

class QComboBox;
class QLabel;
class QSlider;

namespace icae {

class EmptyState;
class ProseColumn;

/// What a run wrote at its evaluations: a slider walks the steps, and a reconstruction stands beside its source, or
/// beside what an earlier step wrote.
class RunSamples : public QWidget {
    Q_OBJECT

public:
    explicit RunSamples(const Theme& theme, QWidget* parent = nullptr);
    ~RunSamples() override;

    /// Keeps step and sample where they can be; a slider at its end follows.
    void setRun(const CurveRunPtr& run);
    /// Goes to the evaluation that is nearest to a step.
    void goToStep(std::int64_t step);
    ProseColumn& reconstruction() { return *m_right; }
    std::int64_t step() const; ///< −1: none

private:
    void fillSamples();
    void fillAgainst();
    void showSample();
    void takeDocument();
    const CurveSample* sampleAt(std::int64_t step) const;

    const Theme& m_theme;
    RowGeometry m_geometry;
    CurveRunPtr m_run;
    std::vector<std::int64_t> m_steps;
    QSlider* m_slider;
    QLabel* m_step;
    QComboBox* m_which;
    QComboBox* m_against;
    QWidget* m_texts;
    QLabel* m_leftTitle;
    QLabel* m_rightTitle;
    ProseColumn* m_left;
    ProseColumn* m_right;
    EmptyState* m_empty;
    QFutureWatcher<DiffDocumentPtr> m_aligning;
    bool m_again = false;
    bool m_filling = false;
};

} // namespace icae

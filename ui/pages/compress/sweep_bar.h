#pragma once

#include "pages/compress/slot_sweep.h"
#include "session/theme.h"

#include <QFrame>

class QAction;
class QLabel;
class QSlider;

namespace icae {

/// BLEU and EM over slot counts, small: where a text breaks.
class SweepCurve : public QWidget {
    Q_OBJECT

public:
    explicit SweepCurve(const Theme& theme, QWidget* parent = nullptr);

    void setSteps(const std::vector<SlotSweep::Step>& steps, int current);
    QSize sizeHint() const override;

Q_SIGNALS:
    void stepClicked(int step);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    QPointF place(std::size_t step, double value) const;

    const Theme& m_theme;
    std::vector<SlotSweep::Step> m_steps;
    int m_current = -1;
};

/// All slot counts: a slider that walks the reconstructions, and the curve beside it.
class SweepBar : public QFrame {
    Q_OBJECT

public:
    explicit SweepBar(const Theme& theme, QWidget* parent = nullptr);

    void setSteps(const SlotSweep& sweep);
    int current() const; ///< index of the step
    void setCurrent(int step);
    void setHint(const QString& text); ///< what to try; empty: nothing
    QAction* closeAction() const { return m_close; }

Q_SIGNALS:
    void stepChosen(int step); ///< by the reader

private:
    void describe();

    std::vector<SlotSweep::Step> m_steps;
    bool m_running = false;
    QSlider* m_slider;
    QLabel* m_text;
    QLabel* m_hint;
    SweepCurve* m_curve;
    QAction* m_close;
};

} // namespace icae

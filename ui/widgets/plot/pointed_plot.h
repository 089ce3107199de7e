#pragma once

#include "session/theme.h"

#include <QWidget>

namespace icae {

class FigureLegend;
class PlotHint;

/// A plot that says what is under the pointer, or where the keys have walked to: what the figure of a study and the
/// curves of a training share. Arrow keys walk the points, Enter opens, a double click and Home reset the view.
class PointedPlot : public QWidget {
    Q_OBJECT

public:
    virtual void resetZoom() = 0;
    /// What the pointer or the keys are at, as it is shown and announced; empty where there is nothing.
    QString hint() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    PointedPlot(const Theme& theme, const QString& name, QWidget* parent);

    /// The plot below its legend. @param plot takes no focus; takePlot() once, releasePlot() before it goes
    void takePlot(QWidget* plot);
    void releasePlot();
    FigureLegend& legend() { return *m_legend; }

    virtual void hover(const QPointF& position) = 0; ///< of the plot, as below
    virtual void click(const QPointF& position) = 0;
    virtual void walk(int along, int up, int panels) = 0; ///< each −1, 0 or 1
    virtual void open() = 0; ///< where the keys are
    virtual void unmark() = 0; ///< what was hovered over
    virtual void restyle() = 0;

    /// @param at a place of the plot; @param byKeys the hint stays when the pointer leaves
    void showHint(const QPoint& at, const QString& text, bool byKeys = false);
    void hideHint();
    void announce(const QString& text); ///< what the keys have come to
    bool isByKeys() const { return m_byKeys; }

    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

    const Theme& m_theme;

private:
    QWidget* m_plot = nullptr;
    FigureLegend* m_legend;
    PlotHint* m_hint;
    QPointF m_pressed;
    bool m_byKeys = false; ///< the hint follows the keys
};

} // namespace icae

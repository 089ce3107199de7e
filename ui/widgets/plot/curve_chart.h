#pragma once

#include "models/curve_document.h"
#include "session/theme.h"

#include <QWidget>

namespace icae {

class CurvePlot;
class FigureLegend;
class PlotHint;

/// Training curves, live: hover says what was logged there, the wheel and dragging zoom all panels along x, a double
/// click or Home resets; what comes in is followed unless one has zoomed. Arrow keys walk the points.
class CurveChart : public QWidget {
    Q_OBJECT

public:
    explicit CurveChart(const Theme& theme, QWidget* parent = nullptr);
    ~CurveChart() override;

    void setCurves(CurveDocumentPtr curves); ///< null shows none
    const CurveDocumentPtr& curves() const { return m_curves; }
    bool isZoomed() const;
    void resetZoom();
    QString hint() const; ///< as it is shown and announced; empty where there is nothing
    /// Where a point is painted, for tests.
    QPointF positionOf(int panel, int line, int point) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void stepActivated(qint64 step); ///< a click on a curve of the first run

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void hover(const QPointF& position);
    void click(const QPointF& position);
    void walk(int points, int lines, int panels);
    void showPlace(int panel, int line, int point);
    QString hintOf(int panel, int line, int point) const;
    void hideHint();

    const Theme& m_theme;
    CurveDocumentPtr m_curves;
    CurvePlot* m_plot;
    FigureLegend* m_legend;
    PlotHint* m_hint;
    QPointF m_pressed;
    bool m_byKeys = false;
    int m_panel = 0; ///< where the keys are
    int m_line = 0;
    int m_point = -1;
};

} // namespace icae

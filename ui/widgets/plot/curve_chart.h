#pragma once

#include "models/curve_document.h"
#include "widgets/plot/pointed_plot.h"

namespace icae {

class CurvePlot;

/// Training curves, live: hover says what was logged there, the wheel and dragging zoom all panels along x, a double
/// click or Home resets; what comes in is followed unless one has zoomed. Arrow keys walk the points.
class CurveChart : public PointedPlot {
    Q_OBJECT

public:
    explicit CurveChart(const Theme& theme, QWidget* parent = nullptr);
    ~CurveChart() override;

    void setCurves(CurveDocumentPtr curves); ///< null shows none
    const CurveDocumentPtr& curves() const { return m_curves; }
    bool isZoomed() const;
    void resetZoom() override;
    /// Where a point is painted, for tests.
    QPointF positionOf(int panel, int line, int point) const;

    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void stepActivated(qint64 step); ///< a click on a curve of the first run

protected:
    void hover(const QPointF& position) override;
    void click(const QPointF& position) override;
    void walk(int points, int up, int panels) override;
    void open() override;
    void unmark() override;
    void restyle() override;

private:
    void showPlace(int panel, int line, int point, bool byKeys = false);
    QString hintOf(int panel, int line, int point) const;

    CurveDocumentPtr m_curves;
    CurvePlot* m_plot;
    int m_panel = 0; ///< where the keys are
    int m_line = 0;
    int m_point = -1;
};

} // namespace icae

#pragma once

#include "models/figure_document.h"
#include "widgets/plot/pointed_plot.h"

namespace icae {

class FigurePlot;
struct FigureMark;

/// A study's figure, live: hover says what a point is, a click on a dot names its sample, the wheel and dragging zoom,
/// a double click resets. Arrow keys walk the points, Enter opens.
class StudyFigure : public PointedPlot {
    Q_OBJECT

public:
    explicit StudyFigure(const Theme& theme, QWidget* parent = nullptr);
    ~StudyFigure() override;

    /// Shows a figure; null shows none. A view that was zoomed into stays where it is while the panels are the same.
    void setFigure(FigureDocumentPtr figure);
    const FigureDocumentPtr& figure() const { return m_figure; }

    bool isZoomed() const;
    void resetZoom() override;
    /// Marks a cell of a study, as the table's current row; −1 marks none.
    void setCurrentCell(int study, int cell);

    /// Where a panel's point is painted, for tests and for what opens beside it.
    QPointF positionOf(int panel, int series, int point) const;
    /// The same of a dot.
    QPointF positionOfDot(int panel, int series, int dot) const;

Q_SIGNALS:
    void sampleActivated(const icae::FigureSample& sample); ///< a click on a dot, or Enter on a point: its median
    void cellActivated(int study, int cell); ///< a click on a point or a field, or the keys came there
    void zoomedChanged(bool zoomed);

protected:
    void hover(const QPointF& position) override;
    void click(const QPointF& position) override;
    void walk(int points, int series, int panels) override;
    void open() override;
    void unmark() override;
    void restyle() override;
    void focusInEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    /// Shows what a mark is, and rings it.
    void showMark(int panel, const FigureMark& mark, bool byKeys = false);
    QString hintOf(int panel, const FigureMark& mark) const;

    FigureDocumentPtr m_figure;
    FigurePlot* m_plot;
    int m_panel = 0; ///< where the keys are
    int m_series = 0;
    int m_point = -1;
    bool m_wasZoomed = false;
    int m_currentStudy = -1;
    int m_currentCell = -1;
};

} // namespace icae

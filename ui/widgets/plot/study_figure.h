#pragma once

#include "models/figure_document.h"
#include "session/theme.h"

#include <QWidget>

namespace icae {

class FigureLegend;
class FigurePlot;
class PlotHint;
struct FigureMark;

/// A study's figure, live: hover says what a point is, a click on a dot names its sample, the wheel and dragging zoom,
/// a double click resets. Arrow keys walk the points, Enter opens.
class StudyFigure : public QWidget {
    Q_OBJECT

public:
    explicit StudyFigure(const Theme& theme, QWidget* parent = nullptr);
    ~StudyFigure() override;

    /// Shows a figure; null shows none. A view that was zoomed into stays where it is while the panels are the same.
    void setFigure(FigureDocumentPtr figure);
    const FigureDocumentPtr& figure() const { return m_figure; }

    bool isZoomed() const;
    void resetZoom();
    /// Marks a cell of a study, as the table's current row; −1 marks none.
    void setCurrentCell(int study, int cell);

    /// What the pointer or the keys are at, as it is shown and announced; empty where there is nothing.
    QString hint() const;
    /// Where a panel's point is painted, for tests and for what opens beside it.
    QPointF positionOf(int panel, int series, int point) const;
    /// The same of a dot.
    QPointF positionOfDot(int panel, int series, int dot) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void sampleActivated(const icae::FigureSample& sample); ///< a click on a dot, or Enter on a point: its median
    void cellActivated(int study, int cell); ///< a click on a point or a field, or the keys came there
    void zoomedChanged(bool zoomed);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void hover(const QPointF& position);
    void click(const QPointF& position);
    void walk(int points, int series, int panels);
    /// Shows what a mark is, and rings it.
    void showMark(int panel, const FigureMark& mark);
    void hideHint();
    QString hintOf(int panel, const FigureMark& mark) const;
    void restyle();

    const Theme& m_theme;
    FigureDocumentPtr m_figure;
    FigurePlot* m_plot;
    FigureLegend* m_legend;
    PlotHint* m_hint;
    QPointF m_pressed;
    bool m_byKeys = false; ///< the hint follows the keys
    int m_panel = 0; ///< where the keys are
    int m_series = 0;
    int m_point = -1;
    bool m_wasZoomed = false;
    int m_currentStudy = -1;
    int m_currentCell = -1;
};

} // namespace icae
